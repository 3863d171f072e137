output "address" {
  description = "Where the DNS record of site_host has to lead before Caddy can get a certificate."
  value       = azurerm_public_ip.site.ip_address
}

output "key_vault" {
  value = azurerm_key_vault.site.name
}

output "first_visit" {
  description = "Shows the code for the first administrator."
  value       = "ssh operations@${azurerm_public_ip.site.ip_address} sudo docker compose --project-name meatlizard logs site1"
}
