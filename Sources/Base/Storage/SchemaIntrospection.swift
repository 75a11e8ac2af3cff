import Kernel

/// Reads back from a database what tables it has. Fallbacks are not read: they only matter when a column is added.
package enum SchemaIntrospection {
    package static func tableNames(_ reader: any Reader) throws -> [String] {
        switch reader.dialect {
        case .sqlite:
            // Word indexes are virtual tables with shadows of their own.
            try reader.rows("SELECT name FROM pragma_table_list WHERE schema = 'main' AND type = 'table' AND name NOT LIKE 'sqlite\\_%' ESCAPE '\\' ORDER BY name").compactMap {
                $0[0].text
            }
        case .postgres:
            try reader.rows(
                "SELECT relname FROM pg_class WHERE relkind IN ('r', 'p') AND NOT relispartition AND relnamespace = current_schema()::regnamespace AND relname <> 'node_signals' ORDER BY relname"
            )
            .compactMap { $0[0].text }
        }
    }

    package static func tables(_ reader: any Reader) throws -> [Table] {
        try tableNames(reader).map { name in
            switch reader.dialect {
            case .sqlite: try sqliteTable(name, reader)
            case .postgres: try postgresTable(name, reader)
            }
        }
    }

    private static func sqliteTable(_ name: String, _ reader: any Reader) throws -> Table {
        let rows = try reader.rows("SELECT name, type, \"notnull\" AS required, pk FROM pragma_table_info(\(name)) ORDER BY cid")
        let key = rows.filter { ($0.int("pk") ?? 0) > 0 }.sorted { ($0.int("pk") ?? 0) < ($1.int("pk") ?? 0) }.compactMap { $0.text("name") }
        let columns = rows.map { row in
            Column(row.text("name") ?? "", kind(row.text("type") ?? ""), required: row.bool("required"))
        }
        let statement = try reader.value("SELECT sql FROM sqlite_schema WHERE type = 'table' AND name = \(name)")?.text ?? ""
        let indexes = try reader.rows("SELECT name, \"unique\" AS is_unique FROM pragma_index_list(\(name)) WHERE origin = 'c' ORDER BY name").map { row in
            let index = row.text("name") ?? ""
            let columns = try reader.rows("SELECT name FROM pragma_index_info(\(index)) ORDER BY seqno").compactMap { $0[0].text }
            let text = try reader.value("SELECT sql FROM sqlite_schema WHERE type = 'index' AND name = \(index)")?.text ?? ""
            let condition = text.firstRange(of: ") WHERE ").map { String(text[$0.upperBound...]) }
            return Index(columns: columns, unique: row.bool("is_unique"), where: condition)
        }
        return Table(name, key: key, columns: columns, indexes: indexes, isClustered: statement.contains("WITHOUT ROWID"))
    }

    private static func postgresTable(_ name: String, _ reader: any Reader) throws -> Table {
        let described = try reader.rows(
            "SELECT column_name, data_type, is_nullable, is_identity FROM information_schema.columns WHERE table_schema = current_schema() AND table_name = \(name) ORDER BY ordinal_position"
        )
        let columns = described.map { Column($0.text("column_name") ?? "", kind($0.text("data_type") ?? ""), required: $0.text("is_nullable") == "NO") }
        let parts = try reader.rows(
            """
            SELECT c.relname AS name, i.indisunique::int AS is_unique, i.indisprimary::int AS is_key, pg_get_expr(i.indpred, i.indrelid) AS condition, a.attname AS part
            FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid JOIN pg_class t ON t.oid = i.indrelid
            CROSS JOIN LATERAL unnest(i.indkey) WITH ORDINALITY AS k(attnum, n) JOIN pg_attribute a ON a.attrelid = i.indrelid AND a.attnum = k.attnum
            WHERE t.relname = \(name) AND t.relnamespace = current_schema()::regnamespace ORDER BY c.relname, k.n
            """)
        let partition = try reader.value(
            """
            SELECT a.attname FROM pg_partitioned_table p JOIN pg_class t ON t.oid = p.partrelid JOIN pg_attribute a ON a.attrelid = t.oid AND a.attnum = p.partattrs[0]
            WHERE t.relname = \(name) AND t.relnamespace = current_schema()::regnamespace
            """)?.text
        var key = parts.filter { $0.bool("is_key") }.compactMap { $0.text("part") }
        if key.count > 1, let partition, key.last == partition { key.removeLast() }
        var indexes: [(name: String, index: Index)] = []
        for part in parts where !part.bool("is_key") {
            let column = part.text("part") ?? ""
            if let last = indexes.indices.last, indexes[last].name == part.text("name") {
                indexes[last].index.columns.append(column)
            } else {
                indexes.append((part.text("name") ?? "", Index(columns: [column], unique: part.bool("is_unique"), where: part.text("condition"))))
            }
        }
        // PostgreSQL clusters nothing; a key `id` that is not counted by the database was declared so.
        let isCounted = described.contains { $0.text("is_identity") == "YES" }
        return Table(name, key: key, columns: columns, indexes: indexes.map(\.index), isClustered: key == ["id"] && !isCounted, partitionedBy: partition)
    }

    private static func kind(_ type: String) -> Column.Kind {
        switch type.uppercased() {
        case "INTEGER", "BIGINT", "INT": .integer
        case "REAL", "DOUBLE PRECISION": .real
        case "BLOB", "BYTEA": .blob
        default: .text
        }
    }
}
