/// What words the rows that are asked for hold. A tree, so that a statement is rendered for either database.
package indirect enum WordQuery: Sendable, Equatable {
    /// Letters and digits of any script, lower case, no blank.
    case word(String)
    /// Never empty.
    case all([WordQuery])
    /// Never empty.
    case any([WordQuery])
}

/// Finds rows of one table by the words in one column: an FTS5 table that triggers keep in SQLite, a GIN index over the split column in PostgreSQL.
///
/// Words are compared whole; what a word is, the writer of the column decides. Newest rows come first without any being sorted in SQLite; PostgreSQL gathers all that fit.
package struct WordIndex: Sendable {
    package let table: String
    package let column: String

    package init(table: String, column: String) {
        self.table = table
        self.column = column
    }

    /// `SELECT id` of the newest rows that fit, greatest id first.
    package func newest(_ query: WordQuery, limit: Int, _ dialect: Dialect) -> SQL {
        switch dialect {
        case .sqlite:
            let index = SQL.ident(name)
            return "SELECT rowid AS id FROM \(index) WHERE \(index) MATCH \(match(query)) ORDER BY rowid DESC LIMIT \(limit)"
        case .postgres:
            return "SELECT id FROM \(ident: table) WHERE \(condition(query)) ORDER BY id DESC LIMIT \(limit)"
        }
    }

    /// Fails in SQLite where the index does not say what the table says; PostgreSQL keeps its own in step.
    package func check(in tx: any Transaction) throws {
        guard tx.dialect == .sqlite else { return }
        let index = SQL.ident(name)
        try tx.execute("INSERT INTO \(index)(\(index), rank) VALUES ('integrity-check', 1)")
    }

    private var name: String { table + "_words" }

    func statements(_ dialect: Dialect) -> [String] {
        let (table, index, column) = (SQL.ident(table).text, SQL.ident(name).text, SQL.ident(column).text)
        guard dialect == .sqlite else { return ["CREATE INDEX \(SQL.ident("idx_" + name).text) ON \(table) USING gin (string_to_array(\(column), ' '))"] }
        let put = "INSERT INTO \(index)(rowid, \(column)) VALUES (new.id, new.\(column));"
        let take = "INSERT INTO \(index)(\(index), rowid, \(column)) VALUES ('delete', old.id, old.\(column));"
        func trigger(_ suffix: String, _ event: String, _ body: String) -> String {
            "CREATE TRIGGER \(SQL.ident(name + suffix).text) AFTER \(event) ON \(table) BEGIN \(body) END"
        }
        return [
            "CREATE VIRTUAL TABLE \(index) USING fts5(\(self.column), content='\(self.table)', content_rowid='id', detail=none, columnsize=0, tokenize='unicode61 remove_diacritics 0')",
            trigger("_in", "INSERT", put), trigger("_out", "DELETE", take), trigger("_new", "UPDATE OF \(column)", take + " " + put),
        ]
    }

    /// The text of a MATCH; every word quoted.
    private func match(_ query: WordQuery) -> String {
        switch query {
        case .word(let word): "\"" + word.replacing("\"", with: "") + "\""
        case .all(let parts): "(" + parts.map(match).joined(separator: " AND ") + ")"
        case .any(let parts): "(" + parts.map(match).joined(separator: " OR ") + ")"
        }
    }

    private func condition(_ query: WordQuery) -> SQL {
        let words: SQL = "string_to_array(\(SQL.ident(column)), ' ')"
        switch query {
        case .word(let word): return "\(words) @> ARRAY[\(word)]::text[]"
        case .all(let parts):
            let plain = parts.compactMap(\.plainWord)
            let rest = parts.filter { $0.plainWord == nil }.map(condition)
            let own: [SQL] = plain.isEmpty ? [] : ["\(words) @> ARRAY[\(list: plain)]::text[]"]
            return "(\(SQL.joined(own + rest, by: " AND ")))"
        case .any(let parts):
            let plain = parts.compactMap(\.plainWord)
            let rest = parts.filter { $0.plainWord == nil }.map(condition)
            let own: [SQL] = plain.isEmpty ? [] : ["\(words) && ARRAY[\(list: plain)]::text[]"]
            return "(\(SQL.joined(own + rest, by: " OR ")))"
        }
    }
}

extension WordQuery {
    fileprivate var plainWord: String? { if case .word(let word) = self { word } else { nil } }
}

extension Table {
    /// Nil where the table declares no column of words.
    package var wordIndex: WordIndex? { words.map { WordIndex(table: name, column: $0) } }
}
