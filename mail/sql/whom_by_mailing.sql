-- The copy of a mailing that went to one of these addresses.
SELECT site_id, id FROM mail_outbox
WHERE site_id = %(site_id)s AND mailing_id = %(mailing_id)s AND address_hash = ANY (%(hashes)s::bytea[])
LIMIT 1
