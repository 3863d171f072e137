# What the machine reads at each start into deploy/site.env. Terraform's state holds these too: keep it in a back end that encrypts.

data "azurerm_client_config" "operator" {}

resource "random_password" "secret_key" {
  length  = 64
  special = false
}

# Any 32 bytes are a key of the link to inference clients.
resource "random_bytes" "inference_server_key" {
  length = 32

  lifecycle {
    prevent_destroy = true
  }
}

resource "random_password" "store_key" {
  length  = 20
  special = false
}

resource "random_password" "store_secret" {
  length  = 40
  special = false
}

resource "azurerm_key_vault" "site" {
  name                       = "${var.name}-${random_string.suffix.result}"
  location                   = azurerm_resource_group.site.location
  resource_group_name        = azurerm_resource_group.site.name
  tenant_id                  = data.azurerm_client_config.operator.tenant_id
  sku_name                   = "standard"
  rbac_authorization_enabled = true
  purge_protection_enabled   = true
}

resource "azurerm_role_assignment" "operator" {
  scope                = azurerm_key_vault.site.id
  role_definition_name = "Key Vault Secrets Officer"
  principal_id         = data.azurerm_client_config.operator.object_id
}

resource "azurerm_role_assignment" "machine" {
  scope                = azurerm_key_vault.site.id
  role_definition_name = "Key Vault Secrets User"
  principal_id         = azurerm_user_assigned_identity.machine.principal_id
}

locals {
  database_url = "postgresql://${azurerm_postgresql_flexible_server.site.administrator_login}:${random_password.database.result}@${azurerm_postgresql_flexible_server.site.fqdn}:5432/${azurerm_postgresql_flexible_server_database.site.name}?sslmode=require"
  redis_url    = "rediss://:${urlencode(azurerm_managed_redis.site.default_database[0].primary_access_key)}@${azurerm_managed_redis.site.hostname}:${azurerm_managed_redis.site.default_database[0].port}/0"

  site_env = {
    SITE_HOST            = var.site_host
    SITE_URL             = "https://${var.site_host}"
    REGISTRATION         = "invite"
    SECRET_KEY           = random_password.secret_key.result
    INFERENCE_SERVER_KEY = random_bytes.inference_server_key.base64
    DATABASE_URL         = local.database_url
    REDIS_URL            = local.redis_url
    S3_ACCESS_KEY_ID     = random_password.store_key.result
    S3_SECRET_ACCESS_KEY = random_password.store_secret.result
    AZ_ACCOUNT_NAME      = azurerm_storage_account.objects.name
    AZ_ACCESS_KEY        = azurerm_storage_account.objects.primary_access_key
  }
}

resource "azurerm_key_vault_secret" "site_env" {
  name         = "site-env"
  key_vault_id = azurerm_key_vault.site.id
  content_type = "text/plain"
  value        = join("", [for name, value in local.site_env : "${name}=${value}\n"])

  depends_on = [azurerm_role_assignment.operator]
}
