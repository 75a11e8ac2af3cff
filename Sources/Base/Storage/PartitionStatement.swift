/// Divides a table that is there by the month of a moment column, on PostgreSQL.
///
/// What is there stays where it is, as the part of everything before next month (`<table>_before`); no row is copied. The key and unique indexes get the moment column, which PostgreSQL asks for, and are built anew; the other
/// indexes are kept. Runs in the migration's transaction: all of it or nothing.
enum PartitionStatement {
    static func text(table: String, column: String) -> String {
        precondition(isIdentifier(table) && isIdentifier(column) && table.utf8.count <= 48, "not a plain name: \(table).\(column)")
        return """
            DO $partition$
            DECLARE
              part record;
              boundary bigint;
              latest bigint;
              counted bigint;
            BEGIN
              SELECT max("\(column)") INTO latest FROM "\(table)";
              boundary := (EXTRACT(EPOCH FROM (date_trunc('month', greatest(now(), to_timestamp(coalesce(latest, 0) / 1000.0)) AT TIME ZONE 'Asia/Shanghai') + interval '1 month') AT TIME ZONE 'Asia/Shanghai') * 1000)::bigint;
              EXECUTE 'SELECT CASE WHEN is_called THEN last_value ELSE 0 END FROM ' || pg_get_serial_sequence('\(table)', 'id') INTO counted;
              ALTER TABLE "\(table)" RENAME TO "\(table)_before";
              ALTER TABLE "\(table)_before" DROP CONSTRAINT "\(table)_pkey";
              ALTER TABLE "\(table)_before" ALTER COLUMN "\(column)" SET NOT NULL;
              CREATE TABLE "\(table)" (LIKE "\(table)_before" INCLUDING DEFAULTS INCLUDING IDENTITY) PARTITION BY RANGE ("\(column)");
              ALTER TABLE "\(table)_before" ALTER COLUMN "id" DROP IDENTITY;
              ALTER TABLE "\(table)" ADD PRIMARY KEY ("id", "\(column)");
              FOR part IN
                SELECT c.relname AS name, i.indisunique AS is_unique, pg_get_expr(i.indpred, i.indrelid) AS condition,
                  (SELECT array_agg(a.attname ORDER BY k.n) FROM unnest(i.indkey) WITH ORDINALITY AS k(attnum, n) JOIN pg_attribute a ON a.attrelid = i.indrelid AND a.attnum = k.attnum) AS columns
                FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid WHERE i.indrelid = '"\(table)_before"'::regclass
              LOOP
                IF part.is_unique AND NOT '\(column)' = ANY (part.columns) THEN
                  EXECUTE format('DROP INDEX %I', part.name);
                  part.columns := part.columns || '\(column)'::name;
                ELSE
                  EXECUTE format('ALTER INDEX %I RENAME TO %I', part.name, left(part.name, 55) || '_before');
                END IF;
                EXECUTE format('CREATE %s INDEX %I ON "\(table)" (%s) %s', CASE WHEN part.is_unique THEN 'UNIQUE' ELSE '' END, part.name,
                  (SELECT string_agg(quote_ident(one), ', ' ORDER BY n) FROM unnest(part.columns) WITH ORDINALITY AS t(one, n)), coalesce('WHERE ' || part.condition, ''));
              END LOOP;
              EXECUTE format('ALTER TABLE "\(table)" ATTACH PARTITION "\(table)_before" FOR VALUES FROM (MINVALUE) TO (%s)', boundary);
              CREATE TABLE "\(table)_rest" PARTITION OF "\(table)" DEFAULT;
              PERFORM setval(pg_get_serial_sequence('\(table)', 'id'), greatest(counted, 1), counted > 0);
            END
            $partition$
            """
    }
}
