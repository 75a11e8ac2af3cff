import Exchange
import Foundation
import Kernel
import Testing

@Suite("台账导入导出 · 表格")
struct SheetTests {
    static let moment = Moment(milliseconds: 1_795_226_405_000)
    static let rows: [[Cell]] = [
        [.text("冀A12345"), .number(18.5), .day(Day(daysSince1970: 20_778)), .moment(moment), .bool(true)],
        [.text("=1+1"), .number(-3), .empty, .empty, .bool(false)],
        [.text("含,逗号 \"引号\"\n换行"), .empty, .day(Day(daysSince1970: 0))],
        [.text("123456789012345678"), .number(1e15)],
    ]
    static let columns = [SheetColumn("号牌号码"), SheetColumn("吨位"), SheetColumn("注册日期"), SheetColumn("进厂时间"), SheetColumn("联网")]

    func written(_ format: SheetFormat) throws -> [UInt8] {
        let folder = TestFolder()
        let path = folder.path + "/out.\(format.rawValue)"
        let writer = try SheetWriter(path: path, format: format, sheet: "进出场[车辆]", columns: Self.columns)
        for row in Self.rows { try writer.append(row) }
        try writer.finish()
        #expect(writer.rows == 4)
        return [UInt8](try Data(contentsOf: URL(fileURLWithPath: path)))
    }

    func read(_ bytes: [UInt8], limits: SheetLimits = SheetLimits()) throws -> [SheetRow] {
        var rows: [SheetRow] = []
        try SheetReader.read(bytes: bytes, limits: limits) {
            rows.append($0)
            return true
        }
        return rows
    }

    @Test func workbookComesBackTyped() throws {
        let rows = try read(written(.xlsx))
        #expect(rows.map(\.number) == [1, 2, 3, 4, 5])
        #expect(rows[0].cells == Self.columns.map { .text($0.title) })
        #expect(rows[1].cells == [.text("冀A12345"), .number(18.5), .day(Day(daysSince1970: 20_778)), .moment(Self.moment), .text("是")])
        #expect(rows[2].cells == [.text("=1+1"), .number(-3), .empty, .empty, .text("否")])
        #expect(rows[3].cells == [.text("含,逗号 \"引号\"\n换行"), .empty, .day(Day(daysSince1970: 0))])
        #expect(rows[4][0] == .text("123456789012345678"))
    }

    @Test func csvComesBackAsText() throws {
        let bytes = try written(.csv)
        #expect(bytes.starts(with: [0xEF, 0xBB, 0xBF]))
        #expect(String(decoding: bytes, as: UTF8.self).contains("\"'=1+1\",-3,"))
        let rows = try read(bytes)
        #expect(rows[1].cells == [.text("冀A12345"), .text("18.5"), .text("2026-11-21"), .text(Self.moment.text), .text("是")])
        #expect(rows[2][0] == .text("=1+1"))
        #expect(rows[3][0] == .text("含,逗号 \"引号\"\n换行"))
        #expect(rows[4][1] == .text("1000000000000000"))
    }

    struct CSV: Sendable, CustomTestStringConvertible {
        let testDescription: String
        let bytes: [UInt8]
        let rows: [SheetRow]
    }

    static let csvs: [CSV] = [
        CSV(
            testDescription: "制表符分隔, 旧苹果换行", bytes: Array("a\tb\r1\t2\r".utf8),
            rows: [SheetRow(number: 1, cells: [.text("a"), .text("b")]), SheetRow(number: 2, cells: [.text("1"), .text("2")])]),
        CSV(testDescription: "空行不算, 行号照数", bytes: Array("a\n\n,,\nb".utf8), rows: [SheetRow(number: 1, cells: [.text("a")]), SheetRow(number: 4, cells: [.text("b")])]),
        CSV(testDescription: "GB18030", bytes: [0xBC, 0xBD, 0x41, 0x2C, 0xB3, 0xB5, 0x0A], rows: [SheetRow(number: 1, cells: [.text("冀A"), .text("车")])]),
        CSV(testDescription: "UTF-16LE", bytes: [0xFF, 0xFE, 0x80, 0x51, 0x2C, 0, 0x31, 0], rows: [SheetRow(number: 1, cells: [.text("冀"), .text("1")])]),
        CSV(testDescription: "引号内的换行与双引号", bytes: Array("\"a\"\"b\r\nc\";x".utf8), rows: [SheetRow(number: 1, cells: [.text("a\"b\r\nc"), .text("x")])]),
        CSV(testDescription: "空文件", bytes: [], rows: []),
    ]

    @Test(arguments: csvs)
    func csv(_ example: CSV) throws { #expect(try read(example.bytes) == example.rows) }

    @Test("用到的 xlsx 写法都读得出")
    func workbookForms() throws {
        let sheet = """
            <?xml version="1.0"?><x:worksheet xmlns:x="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><x:sheetData>
            <x:row r="2"><x:c r="A2" t="s"><x:v>0</x:v></x:c><x:c r="C2" t="inlineStr"><x:is><x:r><x:t>内</x:t></x:r><x:r><x:t>联</x:t></x:r></x:is></x:c></x:row>
            <x:row><x:c t="str"><x:f>A1&amp;"x"</x:f><x:v>算式结果</x:v></x:c><x:c t="b"><x:v>1</x:v></x:c><x:c t="e"><x:v>#N/A</x:v></x:c><x:c s="1"><x:v>1</x:v></x:c></x:row>
            <x:row r="9"><x:c r="B9" s="2"><x:v>0.5</x:v></x:c><x:c r="C9" t="d"><x:v>2026-11-21</x:v></x:c><x:c r="D9" t="s"><x:v>1</x:v></x:c></x:row>
            <x:row r="10"><x:c r="A10"><x:v></x:v></x:c></x:row>
            </x:sheetData></x:worksheet>
            """
        let rows = try read(TestWorkbook(sheet: sheet, is1904: true).bytes())
        #expect(rows.map(\.number) == [2, 3, 9])
        #expect(rows[0].cells == [.text("共享"), .empty, .text("内联")])
        #expect(rows[1].cells == [.text("算式结果"), .bool(true), .text("#N/A"), .day(Day(daysSince1970: 1 + 1462 - 25_569))])
        #expect(rows[2].cells == [.empty, .number(0.5), .day(Day(daysSince1970: 20_778)), .text("行\r号")])
    }

    @Test func stopsWhenTold() throws {
        var seen = 0
        try SheetReader.read(bytes: written(.xlsx)) { _ in
            seen += 1
            return seen < 2
        }
        #expect(seen == 2)
        #expect(throws: Failure.notFound("x")) { try SheetReader.read(bytes: written(.xlsx)) { _ in throw Failure.notFound("x") } }
    }

    struct Bad: Sendable, CustomTestStringConvertible {
        let testDescription: String
        let bytes: [UInt8]
        let code: String
    }

    static let bads: [Bad] = [
        Bad(testDescription: "旧版 xls", bytes: [0xD0, 0xCF, 0x11, 0xE0, 0, 0], code: "JW-X020"),
        Bad(testDescription: "只有 PK 两个字节", bytes: [0x50, 0x4B], code: "JW-X020"),
        Bad(testDescription: "二进制", bytes: [1, 0, 2, 0, 3], code: "JW-X020"),
        Bad(testDescription: "引号没有结束", bytes: Array("a,\"b".utf8), code: "JW-X020"),
        Bad(testDescription: "文档类型声明", bytes: TestWorkbook(sheet: "<!DOCTYPE a [<!ENTITY b \"c\">]><worksheet><sheetData/></worksheet>").bytes(), code: "JW-X020"),
        Bad(testDescription: "XML 不完整", bytes: TestWorkbook(sheet: "<worksheet><sheetData><row r=\"1\">").bytes(), code: "JW-X020"),
        Bad(testDescription: "行号倒退", bytes: TestWorkbook(sheet: "<worksheet><sheetData><row r=\"5\"/><row r=\"2\"/></sheetData></worksheet>").bytes(), code: "JW-X020"),
        Bad(testDescription: "列号过大", bytes: TestWorkbook(sheet: "<worksheet><sheetData><row><c r=\"XFD1\"><v>1</v></c></row></sheetData></worksheet>").bytes(), code: "JW-X021"),
        Bad(testDescription: "共享文字越界", bytes: TestWorkbook(sheet: "<worksheet><sheetData><row><c t=\"s\"><v>99</v></c></row></sheetData></worksheet>").bytes(), code: "JW-X020"),
        Bad(testDescription: "没有工作簿", bytes: TestWorkbook.archive([("a.txt", "x")]), code: "JW-X020"),
    ]

    @Test(arguments: bads)
    func refused(_ bad: Bad) { #expect(code { try read(bad.bytes) } == bad.code) }

    @Test("解压炸弹在上限处停下")
    func bomb() {
        let sheet =
            "<worksheet><sheetData><row><c t=\"inlineStr\"><is><t>" + String(repeating: "0", count: 900_000) + "</t></is></c></row>" + String(repeating: " ", count: 3_000_000)
            + "</sheetData></worksheet>"
        let bytes = TestWorkbook(sheet: sheet).bytes()
        #expect(bytes.count < 20_000)
        #expect(code { try read(bytes, limits: SheetLimits(bytes: 1 << 20)) } == "JW-X021")
    }

    @Test func rowLimit() {
        #expect(code { try read(Array("a\nb\nc".utf8), limits: SheetLimits(rows: 2)) } == "JW-X021")
        #expect(code { try read(written(.xlsx), limits: SheetLimits(rows: 2)) } == "JW-X021")
        #expect(code { try read(Array("a,b,c".utf8), limits: SheetLimits(columns: 2)) } == "JW-X021")
    }

    @Test("随机破坏的表格从不使程序崩溃", arguments: [UInt64(11), 12, 13, 14])
    func damaged(seed: UInt64) throws {
        var chance = SplitMix64(seed: seed)
        let originals = try [
            written(.xlsx), written(.csv), TestWorkbook(sheet: "<worksheet><sheetData><row r=\"1\"><c r=\"A1\"><v>1</v></c></row></sheetData></worksheet>", stores: true).bytes(),
        ]
        for original in originals {
            for _ in 0..<40 {
                var bytes = original
                for _ in 0..<Int.random(in: 1...12, using: &chance) { bytes[Int.random(in: 0..<bytes.count, using: &chance)] = UInt8.random(in: 0...255, using: &chance) }
                if Int.random(in: 0..<4, using: &chance) == 0 { bytes.removeLast(Int.random(in: 1..<bytes.count, using: &chance)) }
                let verdict = code { try read(bytes) }
                #expect(verdict == nil || verdict == "JW-X020" || verdict == "JW-X021", "\(verdict ?? "")")
            }
        }
    }

    static let texts: [(Cell, String?)] = [
        (Cell.number(3), "3"), (.number(0.1), "0.1"), (.text(" 冀A \u{3000}"), "冀A"), (.bool(true), "是"), (.day(Day(daysSince1970: 20_778)), "2026-11-21"), (.text("  "), nil),
        (.empty, nil),
    ]

    @Test(arguments: texts)
    func text(_ cell: Cell, _ text: String?) { #expect(cell.text == text) }
}
