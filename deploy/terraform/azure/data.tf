# What lasts: database, cache, objects.

resource "azurerm_private_dns_zone" "database" {
  name                = "${var.name}.private.postgres.database.azure.com"
  resource_group_name = azurerm_resource_group.site.name
}

resource "azurerm_private_dns_zone_virtual_network_link" "database" {
  name                  = "database"
  resource_group_name   = azurerm_resource_group.site.name
  private_dns_zone_name = azurerm_private_dns_zone.database.name
  virtual_network_id    = azurerm_virtual_network.site.id
}

resource "random_password" "database" {
  length  = 40
  special = false
}

resource "azurerm_postgresql_flexible_server" "site" {
  name                          = "${var.name}-${random_string.suffix.result}"
  location                      = azurerm_resource_group.site.location
  resource_group_name           = azurerm_resource_group.site.name
  version                       = "15"
  sku_name                      = var.database_size
  storage_mb                    = var.database_mb
  auto_grow_enabled             = true
  backup_retention_days         = 14
  delegated_subnet_id           = azurerm_subnet.database.id
  private_dns_zone_id           = azurerm_private_dns_zone.database.id
  public_network_access_enabled = false
  administrator_login           = "meatlizard"
  administrator_password        = random_password.database.result

  depends_on = [azurerm_private_dns_zone_virtual_network_link.database]

  lifecycle {
    prevent_destroy = true
    # Azure chooses one, and would be moved back.
    ignore_changes = [zone]
  }
}

resource "azurerm_postgresql_flexible_server_database" "site" {
  name      = "meatlizard"
  server_id = azurerm_postgresql_flexible_server.site.id
  charset   = "UTF8"
  collation = "C"
}

# pgvector has to be allowed before `manage.py migrate` makes it.
resource "azurerm_postgresql_flexible_server_configuration" "extensions" {
  name      = "azure.extensions"
  server_id = azurerm_postgresql_flexible_server.site.id
  value     = "VECTOR"
}

resource "azurerm_managed_redis" "site" {
  name                      = "${var.name}-${random_string.suffix.result}"
  location                  = azurerm_resource_group.site.location
  resource_group_name       = azurerm_resource_group.site.name
  sku_name                  = var.cache_size
  high_availability_enabled = false
  public_network_access     = "Disabled"

  default_database {
    access_keys_authentication_enabled = true
    client_protocol                    = "Encrypted"
    # One address, as the site's clients know none of Redis Cluster.
    clustering_policy = "NoCluster"
    # Limits of rate must not be forgotten.
    eviction_policy = "NoEviction"
  }
}

resource "azurerm_private_dns_zone" "cache" {
  name                = "privatelink.redis.azure.net"
  resource_group_name = azurerm_resource_group.site.name
}

resource "azurerm_private_dns_zone_virtual_network_link" "cache" {
  name                  = "cache"
  resource_group_name   = azurerm_resource_group.site.name
  private_dns_zone_name = azurerm_private_dns_zone.cache.name
  virtual_network_id    = azurerm_virtual_network.site.id
}

resource "azurerm_private_endpoint" "cache" {
  name                = "${var.name}-cache"
  location            = azurerm_resource_group.site.location
  resource_group_name = azurerm_resource_group.site.name
  subnet_id           = azurerm_subnet.cache.id

  private_service_connection {
    name                           = "cache"
    private_connection_resource_id = azurerm_managed_redis.site.id
    is_manual_connection           = false
    subresource_names              = ["redisEnterprise"]
  }

  private_dns_zone_group {
    name                 = "cache"
    private_dns_zone_ids = [azurerm_private_dns_zone.cache.id]
  }
}

resource "azurerm_storage_account" "objects" {
  name                            = "${var.name}${random_string.suffix.result}"
  location                        = azurerm_resource_group.site.location
  resource_group_name             = azurerm_resource_group.site.name
  account_tier                    = "Standard"
  account_replication_type        = "ZRS"
  min_tls_version                 = "TLS1_2"
  allow_nested_items_to_be_public = false
  https_traffic_only_enabled      = true

  blob_properties {
    delete_retention_policy {
      days = 14
    }
  }

  network_rules {
    default_action             = "Deny"
    virtual_network_subnet_ids = [azurerm_subnet.machine.id]
  }

  lifecycle {
    prevent_destroy = true
  }
}
