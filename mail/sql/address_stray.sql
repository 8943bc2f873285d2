-- We found out whose it is: it belongs to that site from now on.
UPDATE mail_inboundmail SET site_id = %(site_id)s, about_id = %(row_id)s, kind = %(kind)s,
  state = %(inbound_waiting)s, tries = 0
WHERE id = %(inbound_id)s AND about_id IS NULL
