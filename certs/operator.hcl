# What the token needs that runs certs/setup with the names it has by default.
path "sys/mounts/pki" {
  capabilities = ["create", "read", "update"]
}
path "sys/mounts/pki-root" {
  capabilities = ["create", "read", "update"]
}
path "sys/auth/kubernetes" {
  capabilities = ["create", "read", "update", "sudo"]
}
path "sys/policies/acl/keyhook" {
  capabilities = ["create", "read", "update"]
}

# The two authorities. root/generate makes a key that never leaves the server.
path "pki-root/root/generate/internal" {
  capabilities = ["create", "update"]
}
path "pki-root/root/sign-intermediate" {
  capabilities = ["create", "update"]
}
path "pki/intermediate/generate/internal" {
  capabilities = ["create", "update"]
}
path "pki/intermediate/set-signed" {
  capabilities = ["create", "update"]
}
path "pki/config/issuers" {
  capabilities = ["create", "read", "update"]
}

# Anybody may read these; a dry run asks for them before they are there.
path "pki-root/ca/pem" {
  capabilities = ["read"]
}
path "pki/ca/pem" {
  capabilities = ["read"]
}

# Who gets which certificate.
path "pki/roles/webhook" {
  capabilities = ["create", "read", "update"]
}
path "auth/kubernetes/config" {
  capabilities = ["create", "read", "update"]
}
path "auth/kubernetes/role/keyhook" {
  capabilities = ["create", "read", "update"]
}
