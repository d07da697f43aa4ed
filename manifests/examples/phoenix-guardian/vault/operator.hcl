# What the token needs that runs setup, the clouds, an audit device and --rotate-root included; leave out what you do
# without. It is not installed.

path "sys/policies/acl/api-gateway" {
  capabilities = ["create", "read", "update"]
}
path "sys/policies/acl/claims-export" {
  capabilities = ["create", "read", "update"]
}
path "sys/policies/acl/phoenix-guardian-app" {
  capabilities = ["create", "read", "update"]
}
path "sys/policies/acl/research-export" {
  capabilities = ["create", "read", "update"]
}
path "sys/policies/acl/vault-agent" {
  capabilities = ["create", "read", "update"]
}

path "sys/mounts/phoenix-guardian" {
  capabilities = ["create", "read", "update"]
}
path "sys/mounts/database" {
  capabilities = ["create", "read", "update"]
}
path "sys/mounts/transit" {
  capabilities = ["create", "read", "update"]
}
path "sys/mounts/pki-services" {
  capabilities = ["create", "read", "update"]
}
path "sys/mounts/aws" {
  capabilities = ["create", "read", "update"]
}
path "sys/mounts/gcp" {
  capabilities = ["create", "read", "update"]
}

# Whether certs/setup was there, and who may log in.
path "sys/auth/kubernetes" {
  capabilities = ["read", "sudo"]
}
path "auth/kubernetes/role/api-gateway" {
  capabilities = ["create", "read", "update"]
}
path "auth/kubernetes/role/claims-export" {
  capabilities = ["create", "read", "update"]
}
path "auth/kubernetes/role/phoenix-guardian-app" {
  capabilities = ["create", "read", "update"]
}
path "auth/kubernetes/role/phoenix-guardian-app-bound" {
  capabilities = ["create", "read", "update"]
}
path "auth/kubernetes/role/research-export" {
  capabilities = ["create", "read", "update"]
}

# setup puts examples where nothing is yet, and `vault kv put` what is yours.
path "phoenix-guardian/data/api/ai-model" {
  capabilities = ["create", "read", "update"]
}
path "phoenix-guardian/data/api/health-records" {
  capabilities = ["create", "read", "update"]
}
path "phoenix-guardian/data/api/jwt" {
  capabilities = ["create", "read", "update"]
}

path "database/config/phoenix-guardian-db" {
  capabilities = ["create", "read", "update"]
}
path "database/rotate-root/phoenix-guardian-db" {
  capabilities = ["create", "update"]
}
path "database/roles/app-role" {
  capabilities = ["create", "read", "update"]
}
path "database/roles/readonly-role" {
  capabilities = ["create", "read", "update"]
}

path "transit/keys/patient-data" {
  capabilities = ["create", "read", "update"]
}
path "transit/keys/patient-data/config" {
  capabilities = ["create", "update"]
}

path "pki-services/cert/ca" {
  capabilities = ["read"]
}
path "pki-services/root/generate/internal" {
  capabilities = ["create", "update"]
}
path "pki-services/roles/api-gateway" {
  capabilities = ["create", "read", "update"]
}

path "aws/config/lease" {
  capabilities = ["create", "read", "update"]
}
path "aws/config/root" {
  capabilities = ["create", "read", "update"]
}
path "aws/roles/claims-archive" {
  capabilities = ["create", "read", "update"]
}
path "gcp/config" {
  capabilities = ["create", "read", "update"]
}
path "gcp/impersonated-account/research" {
  capabilities = ["create", "read", "update"]
}

path "sys/audit" {
  capabilities = ["read", "sudo"]
}
path "sys/audit/file" {
  capabilities = ["create", "update", "sudo"]
}
