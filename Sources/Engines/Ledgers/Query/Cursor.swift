import Kernel
import Storage

/// Where a page ended: the sort values and id of its last (or first) row. Opaque outside; bound to the sorting it was made for.
struct Cursor: Equatable {
    /// `-registeredOn,-id`.
    var sorting: String
    var values: [SQLValue]
    var goesBack: Bool

    var text: String {
        let values = self.values.map { JSONValue(stored: $0) }
        return base64URL(JSONValue.array([.string(sorting), .bool(goesBack)] + values).bytes)
    }

    /// - Throws: `.invalid` `JW-L021` for a text that no page gave out, or one of another sorting.
    init(parsing text: String, sorting: [LedgerDeclaration.Sort]) throws {
        let failure = Failure(.invalid, "JW-L021", "翻页位置已失效，请从第一页重新查看")
        guard let bytes = base64URLDecoded(text), let parts = (try? JSONValue(parsing: bytes))?.array, parts.count == sorting.count + 2,
            parts[0].string == Cursor.sortingText(sorting),
            let goesBack = parts[1].bool
        else { throw failure }
        self.init(sorting: Cursor.sortingText(sorting), values: parts.dropFirst(2).map { SQLValue(restoring: $0) }, goesBack: goesBack)
        guard values.last?.int != nil else { throw failure }
    }

    init(sorting: String, values: [SQLValue], goesBack: Bool) {
        self.sorting = sorting
        self.values = values
        self.goesBack = goesBack
    }

    static func sortingText(_ sorts: [LedgerDeclaration.Sort]) -> String { sorts.map { ($0.isDescending ? "-" : "") + $0.field }.joined(separator: ",") }
}

/// Rows after a cursor, exact under ties and empty values: empty sorts before everything, as SQLite has it.
struct Keyset {
    struct Key {
        var column: SQL
        var isDescending: Bool
        var value: SQLValue
    }

    let keys: [Key]

    /// The rows that follow. Where the first key is descending and may run into empty values, those are a second query, so that both walk the index.
    var conditions: [SQL] {
        guard let first = keys.first else { return [] }
        let after = after(keys[...])
        if first.isDescending, !first.value.isNull {
            return ["\(first.column) <= \(first.value) AND (\(after))", "\(first.column) IS NULL"]
        }
        // The first bound repeats what follows from the rest; it tells the planner where to start.
        return first.isDescending || first.value.isNull ? [after] : ["\(first.column) >= \(first.value) AND (\(after))"]
    }

    private func after(_ keys: ArraySlice<Key>) -> SQL {
        guard let key = keys.first else { return "1 = 0" }
        let beyond = beyond(key)
        let rest = keys.dropFirst()
        guard !rest.isEmpty else { return beyond ?? "1 = 0" }
        let same: SQL = key.value.isNull ? "\(key.column) IS NULL" : "\(key.column) = \(key.value)"
        let tied: SQL = "(\(same) AND (\(after(rest))))"
        return beyond.map { "\($0) OR \(tied)" } ?? tied
    }

    /// Strictly after by this key alone; of a later key in descending order empty values come last.
    private func beyond(_ key: Key) -> SQL? {
        switch (key.isDescending, key.value.isNull) {
        case (false, true): "\(key.column) IS NOT NULL"
        case (false, false): "\(key.column) > \(key.value)"
        case (true, true): nil
        case (true, false): "(\(key.column) < \(key.value) OR \(key.column) IS NULL)"
        }
    }
}

private let base64Digits = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_".utf8)

func base64URL(_ bytes: [UInt8]) -> String {
    var out: [UInt8] = []
    var at = 0
    while at < bytes.count {
        let count = min(3, bytes.count - at)
        var group = UInt32(bytes[at]) << 16
        if count > 1 { group |= UInt32(bytes[at + 1]) << 8 }
        if count > 2 { group |= UInt32(bytes[at + 2]) }
        for place in 0...count { out.append(base64Digits[Int(group >> UInt32(18 - 6 * place)) & 63]) }
        at += 3
    }
    return String(decoding: out, as: UTF8.self)
}

func base64URLDecoded(_ text: String) -> [UInt8]? {
    var out: [UInt8] = []
    var group: UInt32 = 0
    var bits = 0
    for byte in text.utf8 {
        guard let digit = base64Digits.firstIndex(of: byte) else { return nil }
        group = (group << 6 | UInt32(digit)) & 0xFFFFFF
        bits += 6
        if bits >= 8 {
            bits -= 8
            out.append(UInt8(truncatingIfNeeded: group >> UInt32(bits)))
        }
    }
    return out
}
