/// Searching for part of a text; the only place that writes `LIKE` with a value. The characters `%`, `_` and `\` in what is looked for mean themselves.
extension SQL {
    /// One of the columns holds the part. Latin letters of either case are alike on every database, which `LIKE` alone does not promise (SQLite ignores their case, PostgreSQL does not).
    ///
    /// - Parameter part: as a person typed it; an empty one fits every text, but not NULL.
    package static func contains(_ part: String, in columns: SQL...) -> SQL {
        either(columns.map { column in "LOWER(\(column)) LIKE LOWER(\("%" + literally(part) + "%")) ESCAPE '\\'" })
    }

    /// The column's text begins so; letters as in `contains(_:in:)`.
    package static func starts(with beginning: String, in column: SQL) -> SQL {
        "LOWER(\(column)) LIKE LOWER(\(literally(beginning) + "%")) ESCAPE '\\'"
    }

    /// The column holds the pieces in this order, whatever stands between them: for lists that the program itself wrote into one column, such as codes between separators. Case is not changed: PostgreSQL tells it
    /// apart, SQLite does not, so codes of one list must differ in more than case.
    package static func contains(code pieces: String..., in column: SQL) -> SQL {
        "\(column) LIKE \("%" + pieces.map(literally).joined(separator: "%") + "%") ESCAPE '\\'"
    }

    private static func literally(_ text: String) -> String {
        text.replacing("\\", with: "\\\\").replacing("%", with: "\\%").replacing("_", with: "\\_")
    }

    private static func either(_ conditions: [SQL]) -> SQL {
        conditions.count == 1 ? conditions[0] : "(\(joined(conditions, by: " OR ")))"
    }
}
