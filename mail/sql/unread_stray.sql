SELECT raw, kind, site_id FROM mail_inboundmail WHERE id = %(inbound_id)s AND about_id IS NULL AND state <> %(inbound_quarantined)s
