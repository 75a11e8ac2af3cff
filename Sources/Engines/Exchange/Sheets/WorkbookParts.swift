import Kernel

/// The parts of an xlsx (ECMA-376) that say where its sheets are and what their cells refer to: workbook, relations, shared texts, styles.
struct WorkbookParts {
    struct Sheet {
        var name: String
        var isVisible: Bool
        /// Nil where the workbook names a relation that is not there.
        var part: String?
    }

    let archive: ZipReader
    /// `xl/workbook.xml`, as a rule.
    let workbook: String
    /// In the workbook's order.
    let sheets: [Sheet]
    /// Serial dates count from 1904-01-01.
    let is1904: Bool
    private let relations: [Relation]

    /// - Throws: `.invalid` `JW-X020` for what is no workbook.
    init(path: String, limits: SheetLimits, maxEntries: Int = 10_000) throws {
        let archive: ZipReader
        do { archive = try ZipReader(path: path, maxEntries: maxEntries, maxBytes: limits.bytes) } catch let failure as Failure where failure.kind == .invalid {
            throw SheetFailure.broken("不是有效的 xlsx 文件")
        }
        let root = RelationEvents()
        let found = try XMLStream.parse("_rels/.rels", of: archive, root) ? root.relations.first { $0.type.hasSuffix("/officeDocument") } : nil
        let workbook = found.map { Self.resolve($0.target, in: "") } ?? "xl/workbook.xml"
        let book = BookEvents(), own = RelationEvents()
        guard try XMLStream.parse(workbook, of: archive, book) else { throw SheetFailure.broken("缺少工作簿") }
        let folder = Self.folder(of: workbook)
        let name = workbook.split(separator: "/").last.map(String.init) ?? ""
        guard try XMLStream.parse((folder.isEmpty ? "" : folder + "/") + "_rels/\(name).rels", of: archive, own) else { throw SheetFailure.broken("缺少工作簿关系") }
        self.archive = archive
        self.workbook = workbook
        relations = own.relations
        is1904 = book.is1904
        sheets = book.sheets.map { one in
            Sheet(name: one.name, isVisible: one.isVisible, part: own.relations.first { $0.id == one.relation }.map { Self.resolve($0.target, in: folder) })
        }
    }

    /// The shared texts, in the order by which cells name them.
    func texts() throws -> [String] {
        let events = TextEvents()
        try walk("/sharedStrings", events)
        return events.texts
    }

    /// By cell style: does it show a date?
    func dateStyles() throws -> [Bool] {
        let events = StyleEvents()
        try walk("/styles", events)
        return events.dateStyles
    }

    /// - Throws: `.invalid` `JW-X020` when the sheet is not there.
    func walk(_ sheet: Sheet, _ events: XMLEvents) throws {
        guard let part = sheet.part, try XMLStream.parse(part, of: archive, events) else { throw SheetFailure.broken("缺少工作表“\(sheet.name)”") }
    }

    private func walk(_ type: String, _ events: XMLEvents) throws {
        for relation in relations where relation.type.hasSuffix(type) { _ = try XMLStream.parse(Self.resolve(relation.target, in: Self.folder(of: workbook)), of: archive, events) }
    }

    /// Says what a broken or bursting archive means for a sheet.
    static func reading<T>(_ limits: SheetLimits, _ body: () throws -> T) throws -> T {
        do {
            return try body()
        } catch let failure as Failure where failure.code == "JW-X030" {
            throw SheetFailure.broken("文件内容已损坏")
        } catch let failure as Failure where failure.code == "JW-X031" {
            throw SheetFailure.tooMany("解压后超过 \(limits.bytes >> 20) MB")
        }
    }

    private static func folder(of part: String) -> String { part.split(separator: "/").dropLast().joined(separator: "/") }

    /// `worksheets/sheet1.xml` beside the workbook, or `/xl/worksheets/sheet1.xml` from the root.
    static func resolve(_ target: String, in folder: String) -> String {
        if target.hasPrefix("/") { return String(target.dropFirst()) }
        var parts = folder.split(separator: "/").map(String.init)
        for part in target.split(separator: "/") {
            if part == ".." { _ = parts.popLast() } else if part != "." { parts.append(String(part)) }
        }
        return parts.joined(separator: "/")
    }
}

struct Relation {
    var id: String
    var type: String
    var target: String
}

final class RelationEvents: XMLEvents {
    private(set) var relations: [Relation] = []

    override func open(_ name: XMLName, _ attributes: XMLAttributes) {
        guard name == "Relationship", let id = attributes.string("Id"), let target = attributes.string("Target") else { return }
        relations.append(Relation(id: id, type: attributes.string("Type") ?? "", target: target))
    }
}

private final class BookEvents: XMLEvents {
    private(set) var sheets: [(name: String, relation: String, isVisible: Bool)] = []
    private(set) var is1904 = false

    override func open(_ name: XMLName, _ attributes: XMLAttributes) {
        if name == "workbookPr" { is1904 = ["1", "true"].contains(attributes.string("date1904") ?? "") }
        guard name == "sheet", let relation = attributes.string("id") else { return }
        sheets.append((attributes.string("name") ?? "", relation, (attributes.string("state") ?? "visible") == "visible"))
    }
}

private final class TextEvents: XMLEvents {
    private(set) var texts: [String] = []
    private var current: [UInt8] = []
    private var isText = false
    private var phonetic = 0

    override func open(_ name: XMLName, _ attributes: XMLAttributes) {
        if name == "si" { current.removeAll(keepingCapacity: true) } else if name == "rPh" { phonetic += 1 } else if name == "t" { isText = phonetic == 0 }
    }

    override func text(_ bytes: UnsafeBufferPointer<UInt8>) { if isText { current.append(contentsOf: bytes) } }

    override func close(_ name: XMLName) {
        if name == "t" { isText = false } else if name == "rPh" { phonetic -= 1 } else if name == "si" { texts.append(WorkbookText.decode(current[...])) }
    }
}

private final class StyleEvents: XMLEvents {
    /// By cell style index: does it show a date?
    private(set) var dateStyles: [Bool] = []
    private var custom: [Int: Bool] = [:]
    private var isInCellFormats = false

    override func open(_ name: XMLName, _ attributes: XMLAttributes) {
        if name == "numFmt", let id = attributes.int("numFmtId") { custom[id] = Self.isDate(attributes.string("formatCode") ?? "") }
        if name == "cellXfs" { isInCellFormats = true }
        if isInCellFormats, name == "xf" {
            let id = attributes.int("numFmtId") ?? 0
            dateStyles.append(custom[id] ?? Self.builtIn(id))
        }
    }

    override func close(_ name: XMLName) { if name == "cellXfs" { isInCellFormats = false } }

    /// 14–22 and 45–47 everywhere; 27–36 and 50–58 in Chinese Excel (ECMA-376 part 1, 18.8.30).
    private static func builtIn(_ id: Int) -> Bool { (14...22).contains(id) || (27...36).contains(id) || (45...47).contains(id) || (50...58).contains(id) }

    /// Whether a format code has a year, month, day, hour or second outside quotes, brackets and escapes.
    private static func isDate(_ code: String) -> Bool {
        var isQuoted = false, isBracketed = false, isEscaped = false
        for letter in code.lowercased() {
            if isEscaped {
                isEscaped = false
                continue
            }
            switch letter {
            case "\\", "_", "*": isEscaped = true
            case "\"": isQuoted.toggle()
            case "[" where !isQuoted: isBracketed = true
            case "]" where !isQuoted: isBracketed = false
            case ";" where !isQuoted: return false
            case "y", "m", "d", "h", "s": if !isQuoted, !isBracketed { return true }
            default: break
            }
        }
        return false
    }
}
