-- The row of a Message-ID, when the copy went to one of these addresses.
SELECT site_id, id FROM mail_outbox
WHERE id = %(row_id)s AND mailing_id IS NOT NULL AND address_hash = ANY (%(hashes)s::bytea[])
