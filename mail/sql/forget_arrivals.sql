DELETE FROM mail_arrival WHERE at < now() - interval '90 days'
