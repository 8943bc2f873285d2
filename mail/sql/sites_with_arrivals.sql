-- Sites that something came back to within the time that such mails are kept, and a while longer.
SELECT DISTINCT site_id FROM mail_mailday WHERE day > current_date - 400
UNION SELECT DISTINCT site_id FROM mail_inboundmail
