import Foundation
import Kernel

/// Reads one sheet of an xlsx (ECMA-376): names and order from the workbook, texts from the shared strings, dates through the styles.
struct WorkbookReader {
    private let archive: ZipReader
    private let limits: SheetLimits

    init(path: String, limits: SheetLimits) throws {
        do {
            archive = try ZipReader(path: path, maxBytes: limits.bytes)
        } catch let failure as Failure where failure.kind == .invalid {
            throw SheetFailure.broken("不是有效的 xlsx 文件")
        }
        self.limits = limits
    }

    func read(sheet: Int, _ body: @escaping (SheetRow) throws -> Bool) throws -> Int {
        do {
            return try readSheet(sheet, body)
        } catch let failure as Failure where failure.code == "JW-X030" {
            throw SheetFailure.broken("文件内容已损坏")
        } catch let failure as Failure where failure.code == "JW-X031" {
            throw SheetFailure.tooMany("解压后超过 \(limits.bytes >> 20) MB")
        }
    }

    private func readSheet(_ index: Int, _ body: @escaping (SheetRow) throws -> Bool) throws -> Int {
        let workbook = WorkbookEvents()
        let workbookPath = try mainPart()
        guard try XMLStream.parse(workbookPath, of: archive, workbook) else { throw SheetFailure.broken("缺少工作簿") }
        guard index >= 0, index < workbook.sheets.count else { throw SheetFailure.broken("没有可见的工作表") }
        let folder = workbookPath.split(separator: "/").dropLast().joined(separator: "/")
        let relations = try relations(of: workbookPath)
        guard let target = relations.first(where: { $0.id == workbook.sheets[index].relation })?.target else { throw SheetFailure.broken("缺少工作表") }
        let strings = SharedStringEvents()
        let styles = StyleEvents()
        for relation in relations {
            if relation.type.hasSuffix("/sharedStrings") { _ = try XMLStream.parse(Self.resolve(relation.target, in: folder), of: archive, strings) }
            if relation.type.hasSuffix("/styles") { _ = try XMLStream.parse(Self.resolve(relation.target, in: folder), of: archive, styles) }
        }
        let events = SheetEvents(strings: strings.strings, dateStyles: styles.dateStyles, is1904: workbook.is1904, limits: limits, body: body)
        guard try XMLStream.parse(Self.resolve(target, in: folder), of: archive, events) else { throw SheetFailure.broken("缺少工作表") }
        return events.handed
    }

    private func mainPart() throws -> String {
        let events = RelationEvents()
        if try XMLStream.parse("_rels/.rels", of: archive, events), let main = events.relations.first(where: { $0.type.hasSuffix("/officeDocument") }) {
            return Self.resolve(main.target, in: "")
        }
        return "xl/workbook.xml"
    }

    private func relations(of part: String) throws -> [RelationEvents.Relation] {
        let folder = part.split(separator: "/").dropLast().joined(separator: "/")
        let name = part.split(separator: "/").last.map(String.init) ?? ""
        let events = RelationEvents()
        guard try XMLStream.parse("\(folder)/_rels/\(name).rels", of: archive, events) else { throw SheetFailure.broken("缺少工作簿关系") }
        return events.relations
    }

    /// `worksheets/sheet1.xml` beside the workbook, or `/xl/worksheets/sheet1.xml` from the root.
    private static func resolve(_ target: String, in folder: String) -> String {
        if target.hasPrefix("/") { return String(target.dropFirst()) }
        var parts = folder.split(separator: "/").map(String.init)
        for part in target.split(separator: "/") {
            if part == ".." { _ = parts.popLast() } else if part != "." { parts.append(String(part)) }
        }
        return parts.joined(separator: "/")
    }
}

private final class RelationEvents: XMLEvents {
    struct Relation {
        var id: String
        var type: String
        var target: String
    }

    private(set) var relations: [Relation] = []

    override func open(_ name: XMLName, _ attributes: XMLAttributes) {
        guard name == "Relationship", let id = attributes.string("Id"), let target = attributes.string("Target") else { return }
        relations.append(Relation(id: id, type: attributes.string("Type") ?? "", target: target))
    }
}

private final class WorkbookEvents: XMLEvents {
    /// Visible sheets only.
    private(set) var sheets: [(name: String, relation: String)] = []
    private(set) var is1904 = false

    override func open(_ name: XMLName, _ attributes: XMLAttributes) {
        if name == "workbookPr" { is1904 = ["1", "true"].contains(attributes.string("date1904") ?? "") }
        guard name == "sheet", let relation = attributes.string("id"), (attributes.string("state") ?? "visible") == "visible" else { return }
        sheets.append((attributes.string("name") ?? "", relation))
    }
}

private final class SharedStringEvents: XMLEvents {
    private(set) var strings: [String] = []
    private var current: [UInt8] = []
    private var isText = false
    private var phonetic = 0

    override func open(_ name: XMLName, _ attributes: XMLAttributes) {
        if name == "si" { current.removeAll(keepingCapacity: true) } else if name == "rPh" { phonetic += 1 } else if name == "t" { isText = phonetic == 0 }
    }

    override func text(_ bytes: UnsafeBufferPointer<UInt8>) { if isText { current.append(contentsOf: bytes) } }

    override func close(_ name: XMLName) {
        if name == "t" { isText = false } else if name == "rPh" { phonetic -= 1 } else if name == "si" { strings.append(WorkbookText.decode(current[...])) }
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
