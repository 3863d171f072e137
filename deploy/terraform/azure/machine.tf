resource "azurerm_user_assigned_identity" "machine" {
  name                = "${var.name}-machine"
  location            = azurerm_resource_group.site.location
  resource_group_name = azurerm_resource_group.site.name
}

resource "azurerm_network_interface" "machine" {
  name                = "${var.name}-machine"
  location            = azurerm_resource_group.site.location
  resource_group_name = azurerm_resource_group.site.name

  ip_configuration {
    name                          = "public"
    subnet_id                     = azurerm_subnet.machine.id
    private_ip_address_allocation = "Dynamic"
    public_ip_address_id          = azurerm_public_ip.site.id
  }
}

resource "azurerm_linux_virtual_machine" "site" {
  name                            = "${var.name}-site"
  location                        = azurerm_resource_group.site.location
  resource_group_name             = azurerm_resource_group.site.name
  size                            = var.machine_size
  admin_username                  = "operations"
  disable_password_authentication = true
  network_interface_ids           = [azurerm_network_interface.machine.id]
  patch_mode                      = "AutomaticByPlatform"
  encryption_at_host_enabled      = true

  admin_ssh_key {
    username   = "operations"
    public_key = var.ssh_public_key
  }

  identity {
    type         = "UserAssigned"
    identity_ids = [azurerm_user_assigned_identity.machine.id]
  }

  os_disk {
    caching              = "ReadWrite"
    storage_account_type = "Premium_LRS"
    disk_size_gb         = 64
  }

  source_image_reference {
    publisher = "Debian"
    offer     = "debian-12"
    sku       = "12-gen2"
    version   = "latest"
  }

  custom_data = base64encode(templatefile("${path.module}/cloud-init.yaml.tftpl", {
    repository = var.repository
    release    = var.release
    secret_url = "${azurerm_key_vault.site.vault_uri}secrets/${azurerm_key_vault_secret.site_env.name}?api-version=7.4"
    client_id  = azurerm_user_assigned_identity.machine.client_id
  }))

  depends_on = [azurerm_role_assignment.machine]
}
