-- Receivers that recovered. A domain that is known is kept: it shall not begin anew.
DELETE FROM mail_pace WHERE key LIKE 'to:%%' AND since < now() - %(recovered)s
