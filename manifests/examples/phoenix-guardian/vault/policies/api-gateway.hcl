# The gateway: the keys that it uses, its own TLS certificate, and encrypting what comes in. It never decrypts.

path "phoenix-guardian/data/api/health-records" {
  capabilities = ["read"]
}

path "phoenix-guardian/data/api/jwt" {
  capabilities = ["read"]
}

path "pki-services/issue/api-gateway" {
  capabilities = ["update"]
}

path "transit/encrypt/patient-data" {
  capabilities = ["update"]
}
