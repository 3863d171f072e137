variable "subscription_id" {
  description = "The Azure subscription that pays."
  type        = string
}

variable "name" {
  description = "Begins the names of all resources; some have to be the only ones of that name in the world."
  type        = string
  default     = "meatlizard"

  validation {
    condition     = can(regex("^[a-z][a-z0-9]{2,11}$", var.name))
    error_message = "3 to 12 small letters and digits, a letter first: a storage account takes no others."
  }
}

variable "location" {
  description = "The region, near the people."
  type        = string
  default     = "germanywestcentral"
}

variable "site_host" {
  description = "The name people type. Its DNS record has to lead to the output `address`."
  type        = string
}

variable "repository" {
  description = "Where the machine clones the site from, by https."
  type        = string
}

variable "release" {
  description = "The tag or commit to run."
  type        = string
}

variable "ssh_public_key" {
  description = "The operator's, for the machine's account `operations`."
  type        = string
}

variable "ssh_from" {
  description = "Addresses (CIDR) that may reach the machine by SSH. None: nobody; `az ssh` and the serial console remain."
  type        = list(string)
  default     = []
}

variable "machine_size" {
  description = "4 processors and 16 GB hold two site processes, two workers and videos; see docs/SIZING.md."
  type        = string
  default     = "Standard_D4as_v5"
}

variable "database_size" {
  type    = string
  default = "B_Standard_B2s"
}

variable "database_mb" {
  type    = number
  default = 65536
}

variable "cache_size" {
  type    = string
  default = "Balanced_B0"
}
