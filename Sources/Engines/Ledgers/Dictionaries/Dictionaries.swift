import Kernel
import Storage
import Synchronization

/// A dictionary as a domain declares it: what `dictionary_items` is seeded with.
package struct DictionaryDeclaration: Sendable {
    package var name: DictionaryName
    package var title: String
    package var items: [CodeItem]
    /// The standard or the catalogue row that the codes come from.
    package var source: String

    package init(_ name: DictionaryName, _ title: String, _ items: [CodeItem], source: String = "") {
        self.name = name
        self.title = title
        self.items = items
        self.source = source
    }
}

/// One code with the days on which it may be chosen; a code that ended keeps its title for the rows that carry it.
package struct DictionaryItem: Sendable, Equatable {
    package var code: String
    package var title: String
    package var titleEN: String
    package var validFrom: Day?
    package var validTo: Day?

    package func isValid(on day: Day) -> Bool { (validFrom.map { $0 <= day } ?? true) && (validTo.map { day <= $0 } ?? true) }
}

/// All codes at one version; cheap to copy, never changes.
package struct DictionarySnapshot: Sendable {
    struct Codes: Sendable {
        var title: String
        var items: [DictionaryItem]
        var byCode: [String: Int]
        var byTitle: [String: Int]

        init(title: String, items: [DictionaryItem]) {
            self.title = title
            self.items = items
            byCode = Dictionary(items.enumerated().map { ($1.code, $0) }, uniquingKeysWith: { first, _ in first })
            byTitle = Dictionary(items.enumerated().map { ($1.title, $0) }, uniquingKeysWith: { first, _ in first })
        }
    }

    enum Judgement {
        case valid(String)
        case expired(String)
        case unknown
    }

    /// Counts up with every change; caches of pages go by it.
    package let version: Int
    let dictionaries: [String: Codes]

    package var names: [String] { dictionaries.keys.sorted() }
    package func has(_ dictionary: String) -> Bool { dictionaries[dictionary] != nil }
    package func title(ofDictionary name: String) -> String { dictionaries[name]?.title ?? name }

    /// The code itself where it is not known, so that no cell is empty.
    package func title(of code: String, in dictionary: String, english: Bool = false) -> String {
        guard let codes = dictionaries[dictionary], let index = codes.byCode[code] else { return code }
        let item = codes.items[index]
        return english && !item.titleEN.isEmpty ? item.titleEN : item.title
    }

    /// Codes that may be chosen on a day, in order; all codes ever with `day` nil, for filters.
    package func items(_ dictionary: String, on day: Day?) -> [DictionaryItem] {
        let items = dictionaries[dictionary]?.items ?? []
        return day.map { day in items.filter { $0.isValid(on: day) } } ?? items
    }

    func judge(_ written: String, in dictionary: String, on day: Day, acceptsTitles: Bool) -> Judgement {
        guard let codes = dictionaries[dictionary] else { return .unknown }
        var found = codes.byCode[written]
        if found == nil {
            let text = written.trimmed
            found = codes.byCode[text] ?? (acceptsTitles ? codes.byTitle[text] : nil)
        }
        guard let found else { return .unknown }
        let item = codes.items[found]
        return item.isValid(on: day) ? .valid(item.code) : .expired(item.title)
    }
}

/// The dictionaries in memory: first what was declared, after `load` what the table holds. The ledger `dictionaryItems` edits the table; its change hook replaces the snapshot.
package final class Dictionaries: Sendable {
    package let declarations: [DictionaryDeclaration]
    private let current: Mutex<DictionarySnapshot>

    package init(_ declarations: [DictionaryDeclaration]) {
        self.declarations = declarations
        let pairs = declarations.map { declaration in
            let items = declaration.items.map { DictionaryItem(code: $0.code, title: $0.title, titleEN: $0.titleEN) }
            return (declaration.name.rawValue, DictionarySnapshot.Codes(title: declaration.title, items: items))
        }
        current = Mutex(DictionarySnapshot(version: 1, dictionaries: Dictionary(pairs, uniquingKeysWith: { first, _ in first })))
    }

    package var snapshot: DictionarySnapshot { current.withLock { $0 } }
    package func title(of code: String, in dictionary: DictionaryName) -> String { snapshot.title(of: code, in: dictionary.rawValue) }
    package func items(_ dictionary: DictionaryName, on day: Day?) -> [DictionaryItem] { snapshot.items(dictionary.rawValue, on: day) }

    /// Adds declared codes that the table does not have; codes that an administrator changed stay as they are.
    ///
    /// - Returns: how many were added.
    @discardableResult
    package func seed(in tx: any Transaction, now: Moment) throws -> Int {
        var known: Set<String> = []
        try tx.each("SELECT dictionary, code FROM dictionary_items") { row in
            known.insert((row[0].text ?? "") + "\u{1}" + (row[1].text ?? ""))
            return true
        }
        var rows: [[SQLValue]] = []
        for declaration in declarations {
            for (order, item) in declaration.items.enumerated() where known.insert(declaration.name.rawValue + "\u{1}" + item.code).inserted {
                rows.append([
                    .int(1), now.sqlValue, .int(0), now.sqlValue, .int(0), .text(declaration.name.rawValue), .text(item.code), .text(item.title), .text(item.titleEN),
                    .int(Int64(order + 1)),
                    declaration.source.isEmpty ? .null : .text(declaration.source),
                ])
            }
        }
        let columns = ["version", "created_at", "created_by", "updated_at", "updated_by", "dictionary", "code", "title", "title_en", "order", "source"]
        try tx.insertMany(into: "dictionary_items", columns: columns, rows: rows)
        return rows.count
    }

    /// Takes what the table holds, for instance at start and when another node changed it.
    package func load(in reader: any Reader) throws { replace(try read(reader)) }

    func read(_ reader: any Reader) throws -> DictionarySnapshot {
        var items: [String: [DictionaryItem]] = [:]
        try reader.each("SELECT dictionary, code, title, title_en, valid_from, valid_to FROM dictionary_items WHERE deleted_at IS NULL ORDER BY dictionary, \"order\", code") {
            row in
            let item = DictionaryItem(code: row[1].text ?? "", title: row[2].text ?? "", titleEN: row[3].text ?? "", validFrom: row.day("valid_from"), validTo: row.day("valid_to"))
            items[row[0].text ?? "", default: []].append(item)
            return true
        }
        let titles = Dictionary(declarations.map { ($0.name.rawValue, $0.title) }, uniquingKeysWith: { first, _ in first })
        var all = items.reduce(into: [String: DictionarySnapshot.Codes]()) { $0[$1.key] = DictionarySnapshot.Codes(title: titles[$1.key] ?? $1.key, items: $1.value) }
        for declaration in declarations where all[declaration.name.rawValue] == nil {
            all[declaration.name.rawValue] = DictionarySnapshot.Codes(title: declaration.title, items: [])
        }
        return DictionarySnapshot(version: snapshot.version + 1, dictionaries: all)
    }

    func replace(_ next: DictionarySnapshot) { current.withLock { $0 = next } }
}
