# What Encounter Service needs, and nothing else: Vault denies by default, so that no path has to be denied. What the
# agent needs beside it, to renew its token and its leases, is in vault-agent.hcl.
#
# The record grants all of phoenix-guardian/data/api/*. Named one by one, a secret that is added there later, or the
# key that signs JWTs, is not granted by accident.

path "phoenix-guardian/data/api/health-records" {
  capabilities = ["read"]
}

path "phoenix-guardian/data/api/ai-model" {
  capabilities = ["read"]
}

path "database/creds/app-role" {
  capabilities = ["read"]
}

# "update" alone: with "create", encrypting under a name that is not there would make a key.
path "transit/encrypt/patient-data" {
  capabilities = ["update"]
}

path "transit/decrypt/patient-data" {
  capabilities = ["update"]
}

path "transit/rewrap/patient-data" {
  capabilities = ["update"]
}

# Not needed, as nothing grants them. Who wants administration denied, whatever another policy of the same token may
# grant, names the administrative paths, and not all of sys/ and auth/: see vault/record/phoenix-guardian-app.hcl.
path "sys/policies/*" {
  capabilities = ["deny"]
}

path "sys/mounts/*" {
  capabilities = ["deny"]
}

path "sys/auth/*" {
  capabilities = ["deny"]
}

path "sys/audit/*" {
  capabilities = ["deny"]
}

path "auth/+/config" {
  capabilities = ["deny"]
}

path "auth/+/role/*" {
  capabilities = ["deny"]
}
