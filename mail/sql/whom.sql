-- The site of an outbox row that a signed address names.
SELECT site_id FROM mail_outbox WHERE id = %(row_id)s
