-- Encounters. Who the patient is and what was said is one ciphertext of Vault's key patient-data, so that no row, no log
-- of statements and no error that quotes a row tells anything. Whoever must find the encounters of one patient adds a
-- column with Vault's HMAC of the patient's number, not with the number.
CREATE TABLE IF NOT EXISTS encounters (
    id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    content text NOT NULL CHECK (content LIKE 'vault:v%'),
    seen timestamptz NOT NULL DEFAULT now()
);
