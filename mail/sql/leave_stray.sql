UPDATE mail_inboundmail SET state = %(inbound_stray)s WHERE id = %(inbound_id)s AND about_id IS NULL
