-- A published text stands for good (P11.1): nobody edits it, not even its owner.
CREATE OR REPLACE FUNCTION app.published_for_good() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  RAISE EXCEPTION 'a published text is never edited: publish a new version' USING errcode = 'insufficient_privilege';
END $$;
CREATE OR REPLACE TRIGGER published_for_good BEFORE UPDATE OR DELETE ON privacy_publishedtext
  FOR EACH ROW EXECUTE FUNCTION app.published_for_good();
CREATE OR REPLACE TRIGGER published_not_emptied BEFORE TRUNCATE ON privacy_publishedtext
  FOR EACH STATEMENT EXECUTE FUNCTION app.published_for_good();

CREATE OR REPLACE FUNCTION app.seal_published() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  NEW.digest := encode(sha256(convert_to(NEW.source, 'UTF8')), 'hex');
  NEW.published_at := now();
  RETURN NEW;
END $$;
CREATE OR REPLACE TRIGGER seal_published BEFORE INSERT ON privacy_publishedtext
  FOR EACH ROW EXECUTE FUNCTION app.seal_published();
