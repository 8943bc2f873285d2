-- What mail needs past the wall; run by `manage prepare`, idempotent.

-- Every Django mail comes through here, under any context: a stranger who signs up has no site.
-- Then it is the company's mail. Answers the site, and the row unless the key was used before.
CREATE OR REPLACE FUNCTION app.enqueue_mail(p_address text, p_hash bytea, p_message_id text,
  p_content bytea, p_key text) RETURNS TABLE (site_id bigint, id bigint)
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
#variable_conflict use_column
DECLARE
  v_site bigint := app.site_id(); v_row bigint;
BEGIN
  IF v_site IS NULL THEN SELECT s.id INTO v_site FROM accounts_site s WHERE s.is_company; END IF;
  IF v_site IS NULL THEN
    RAISE EXCEPTION 'mail needs a site, and the company has none yet' USING hint = 'Run: manage prepare';
  END IF;
  INSERT INTO mail_outbox AS o (site_id, lane, address, address_hash, domain_bucket, content, state,
    attempts, not_before, smtp_reply, message_id, idempotency_key, created_at)
  VALUES (v_site, 1, p_address, p_hash, hashtext(lower(split_part(p_address, '@', 2))) & 1023,
    p_content, 1, 0, now(), '', p_message_id, p_key, now())
  ON CONFLICT (site_id, idempotency_key) DO NOTHING RETURNING o.id INTO v_row;
  RETURN QUERY SELECT v_site, v_row;
END $$;
ALTER FUNCTION app.enqueue_mail(text, bytea, text, bytea, text) OWNER TO comm100_definer;
REVOKE ALL ON FUNCTION app.enqueue_mail(text, bytea, text, bytea, text) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION app.enqueue_mail(text, bytea, text, bytea, text) TO comm100_app;
GRANT SELECT, INSERT ON mail_outbox TO comm100_definer;
GRANT SELECT ON accounts_site TO comm100_definer;
GRANT USAGE ON SEQUENCE mail_outbox_id_seq TO comm100_definer;
