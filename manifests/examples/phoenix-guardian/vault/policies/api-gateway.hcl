# The gateway: keys of outside services, its own TLS certificate, and encrypting what comes in. It never decrypts.

path "phoenix-guardian/data/api/*" {
  capabilities = ["read"]
}

path "pki/issue/phoenix-guardian" {
  capabilities = ["update"]
}

path "transit/encrypt/patient-data" {
  capabilities = ["update"]
}
