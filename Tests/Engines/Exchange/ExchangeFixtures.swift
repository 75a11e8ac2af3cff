import Exchange
import Foundation
import Kernel

/// A folder in /tmp, removed with its last reference.
final class TestFolder: Sendable {
    let path: String

    init() {
        path = NSTemporaryDirectory() + "/jianwei-test-\(UUID().uuidString)"
        try? FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
    }

    deinit { try? FileManager.default.removeItem(atPath: path) }
}

/// A workbook written by hand, around one sheet's XML.
struct TestWorkbook {
    var sheet: String
    var is1904 = false
    var stores = false

    func bytes() -> [UInt8] {
        let relation = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
        return Self.archive(
            [
                ("_rels/.rels", "<Relationships><Relationship Id=\"r1\" Type=\"\(relation)/officeDocument\" Target=\"xl/workbook.xml\"/></Relationships>"),
                (
                    "xl/workbook.xml",
                    "<workbook xmlns:r=\"\(relation)\"><workbookPr date1904=\"\(is1904 ? 1 : 0)\"/><sheets><sheet name=\"藏\" sheetId=\"1\" state=\"hidden\" r:id=\"rId9\"/><sheet name=\"一\" sheetId=\"2\" r:id=\"rId1\"/></sheets></workbook>"
                ),
                (
                    "xl/_rels/workbook.xml.rels",
                    "<Relationships><Relationship Id=\"rId1\" Type=\"\(relation)/worksheet\" Target=\"/xl/worksheets/a.xml\"/><Relationship Id=\"rId2\" Type=\"\(relation)/sharedStrings\" Target=\"sharedStrings.xml\"/><Relationship Id=\"rId3\" Type=\"\(relation)/styles\" Target=\"../xl/styles.xml\"/></Relationships>"
                ),
                ("xl/sharedStrings.xml", "<sst><si><r><t>共</t></r><r><t>享</t></r><rPh><t>gong</t></rPh></si><si><t>行_x000D_号</t></si></sst>"),
                (
                    "xl/styles.xml",
                    "<styleSheet><numFmts><numFmt numFmtId=\"170\" formatCode=\"yyyy&quot;年&quot;m&quot;月&quot;\"/><numFmt numFmtId=\"171\" formatCode=\"[Red]0.0&quot;day&quot;\"/></numFmts><cellStyleXfs><xf numFmtId=\"14\"/></cellStyleXfs><cellXfs><xf numFmtId=\"0\"/><xf numFmtId=\"170\"/><xf numFmtId=\"171\"/></cellXfs></styleSheet>"
                ),
                ("xl/worksheets/a.xml", sheet),
            ], stores: stores)
    }

    static func archive(_ members: [(name: String, text: String)], stores: Bool = false) -> [UInt8] {
        let folder = TestFolder()
        let path = folder.path + "/a.zip"
        do {
            let writer = try ZipWriter(path: path, moment: Moment(milliseconds: 1_795_226_400_000))
            for member in members { try writer.add(member.name, Array(member.text.utf8), stores: stores) }
            try writer.finish()
            return [UInt8](try Data(contentsOf: URL(fileURLWithPath: path)))
        } catch {
            return []
        }
    }
}

func code(_ body: () throws -> some Any) -> String? {
    do {
        _ = try body()
        return nil
    } catch {
        return (error as? Failure)?.code ?? (error as? ClientRefusal)?.code ?? "\(error)"
    }
}
