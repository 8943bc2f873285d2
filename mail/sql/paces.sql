-- What flows slowly now.
SELECT key FROM mail_pace
