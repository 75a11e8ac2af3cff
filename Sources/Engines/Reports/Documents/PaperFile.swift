import Exchange
import Foundation
import Kernel
import Web

/// A filled paper as an office document: A4, 宋体, seal over the signature, code at its place. Drawings are vectors.
struct PaperFile {
    let template: PaperTemplate
    let words: [String: String]
    /// What the code says; nil for none.
    let code: String?

    /// Blocking.
    func document() throws -> [UInt8] {
        let path = NSTemporaryDirectory() + "/jianwei-paper-\(UUID().uuidString).docx"
        defer { try? FileManager.default.removeItem(atPath: path) }
        let writer = try ZipWriter(path: path, moment: Moment(milliseconds: 1_577_808_000_000))
        func add(_ name: String, _ text: String) throws { try writer.add(name, Array(("<?xml version=\"1.0\" encoding=\"UTF-8\" standalone=\"yes\"?>\n" + text).utf8)) }
        let package = "http://schemas.openxmlformats.org/package/2006"
        let office = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
        try add(
            "[Content_Types].xml",
            "<Types xmlns=\"\(package)/content-types\"><Default Extension=\"rels\" ContentType=\"application/vnd.openxmlformats-package.relationships+xml\"/><Default Extension=\"svg\" ContentType=\"image/svg+xml\"/><Override PartName=\"/word/document.xml\" ContentType=\"application/vnd.openxmlformats-officedocument.wordprocessingml.document.main+xml\"/></Types>"
        )
        try add(
            "_rels/.rels",
            "<Relationships xmlns=\"\(package)/relationships\"><Relationship Id=\"rId1\" Type=\"\(office)/officeDocument\" Target=\"word/document.xml\"/></Relationships>")
        try add(
            "word/_rels/document.xml.rels",
            "<Relationships xmlns=\"\(package)/relationships\"><Relationship Id=\"rId1\" Type=\"\(office)/image\" Target=\"media/seal.svg\"/><Relationship Id=\"rId2\" Type=\"\(office)/image\" Target=\"media/code.svg\"/></Relationships>"
        )
        try add("word/document.xml", body)
        try writer.add("word/media/seal.svg", Array(PaperSeal(name: template.sealName).drawing.utf8))
        let square = code.map { SquareCode($0, label: "").markup.html.replacing("<svg ", with: "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"200\" height=\"200\" ") }
        try writer.add("word/media/code.svg", Array((square ?? "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"1\" height=\"1\"></svg>").utf8))
        try writer.finish()
        guard let data = FileManager.default.contents(atPath: path) else { throw Failure(.unavailable, "JW-R020", "文件生成失败，请稍后再试") }
        return [UInt8](data)
    }

    private var body: String {
        let names = [
            "w": "http://schemas.openxmlformats.org/wordprocessingml/2006/main", "r": "http://schemas.openxmlformats.org/officeDocument/2006/relationships",
            "wp": "http://schemas.openxmlformats.org/drawingml/2006/wordprocessingDrawing", "a": "http://schemas.openxmlformats.org/drawingml/2006/main",
            "pic": "http://schemas.openxmlformats.org/drawingml/2006/picture",
        ].sorted { $0.key < $1.key }.map { "xmlns:\($0.key)=\"\($0.value)\"" }.joined(separator: " ")
        var out = ""
        var seals = false
        var table: [[String]] = []
        func closeTable() {
            guard !table.isEmpty else { return }
            out += PaperFile.table(table)
            table = []
        }
        for line in template.lines {
            if case .row(let cells) = line {
                table.append(cells.map(filled))
                continue
            }
            closeTable()
            switch line {
            case .title(let text): out += paragraph(filled(text), size: 44, align: "center", isBold: true, indents: false)
            case .right(let text):
                out += paragraph(filled(text), size: 28, align: "right", isBold: false, indents: false, extra: seals && !template.sealName.isEmpty ? PaperFile.sealDrawing : "")
                seals = false
            case .paragraph(let text): out += paragraph(filled(text), size: 28, align: "both", isBold: false, indents: true)
            case .seal: seals = true
            case .code: if code != nil { out += "<w:p>\(PaperFile.codeDrawing)</w:p>" }
            case .gap: out += "<w:p/>"
            case .row: break
            }
        }
        closeTable()
        return
            "<w:document \(names)><w:body>\(out)<w:sectPr><w:pgSz w:w=\"11906\" w:h=\"16838\"/><w:pgMar w:top=\"1800\" w:right=\"1500\" w:bottom=\"1500\" w:left=\"1500\"/></w:sectPr></w:body></w:document>"
    }

    private func filled(_ text: String) -> String { PaperTemplate.filled(text, words) }

    private static func run(_ text: String, size: Int, isBold: Bool) -> String {
        "<w:r><w:rPr><w:rFonts w:ascii=\"Noto Serif CJK SC\" w:eastAsia=\"宋体\" w:hAnsi=\"Noto Serif CJK SC\"/>\(isBold ? "<w:b/>" : "")<w:sz w:val=\"\(size)\"/></w:rPr><w:t xml:space=\"preserve\">\(WorkbookForm.escaped(text))</w:t></w:r>"
    }

    private func paragraph(_ text: String, size: Int, align: String, isBold: Bool, indents: Bool, extra: String = "") -> String {
        let indent = indents ? "<w:ind w:firstLine=\"560\"/>" : ""
        return
            "<w:p><w:pPr><w:spacing w:line=\"480\" w:lineRule=\"auto\"/>\(indent)<w:jc w:val=\"\(align)\"/></w:pPr>\(extra)\(PaperFile.run(text, size: size, isBold: isBold))</w:p>"
    }

    private static func table(_ rows: [[String]]) -> String {
        let count = max(1, rows.map(\.count).max() ?? 1)
        let width = 8900 / count
        let line = ["top", "left", "bottom", "right", "insideH", "insideV"].map { "<w:\($0) w:val=\"single\" w:sz=\"6\" w:color=\"000000\"/>" }.joined()
        let cells = rows.map { row -> String in
            let filled = row + Array(repeating: "", count: count - row.count)
            let cells = filled.map {
                "<w:tc><w:tcPr><w:tcW w:w=\"\(width)\" w:type=\"dxa\"/></w:tcPr><w:p>\(run($0.trimmingCharacters(in: .whitespaces), size: 24, isBold: false))</w:p></w:tc>"
            }
            return "<w:tr>\(cells.joined())</w:tr>"
        }
        let grid = String(repeating: "<w:gridCol w:w=\"\(width)\"/>", count: count)
        return "<w:tbl><w:tblPr><w:tblW w:w=\"8900\" w:type=\"dxa\"/><w:tblBorders>\(line)</w:tblBorders></w:tblPr><w:tblGrid>\(grid)</w:tblGrid>\(cells.joined())</w:tbl>"
    }

    private static func picture(_ relation: String, side: Int, id: Int) -> String {
        "<a:graphic><a:graphicData uri=\"http://schemas.openxmlformats.org/drawingml/2006/picture\"><pic:pic><pic:nvPicPr><pic:cNvPr id=\"\(id)\" name=\"p\(id)\"/><pic:cNvPicPr/></pic:nvPicPr><pic:blipFill><a:blip r:embed=\"\(relation)\"/><a:stretch><a:fillRect/></a:stretch></pic:blipFill><pic:spPr><a:xfrm><a:off x=\"0\" y=\"0\"/><a:ext cx=\"\(side)\" cy=\"\(side)\"/></a:xfrm><a:prstGeom prst=\"rect\"><a:avLst/></a:prstGeom></pic:spPr></pic:pic></a:graphicData></a:graphic>"
    }

    /// 42 mm, behind the words it seals.
    private static let sealDrawing =
        "<w:r><w:drawing><wp:anchor behindDoc=\"1\" distT=\"0\" distB=\"0\" distL=\"0\" distR=\"0\" simplePos=\"0\" relativeHeight=\"2\" locked=\"0\" layoutInCell=\"1\" allowOverlap=\"1\"><wp:simplePos x=\"0\" y=\"0\"/><wp:positionH relativeFrom=\"column\"><wp:align>right</wp:align></wp:positionH><wp:positionV relativeFrom=\"paragraph\"><wp:posOffset>-560000</wp:posOffset></wp:positionV><wp:extent cx=\"1512000\" cy=\"1512000\"/><wp:wrapNone/><wp:docPr id=\"9\" name=\"seal\"/>\(picture("rId1", side: 1_512_000, id: 9))</wp:anchor></w:drawing></w:r>"
    private static let codeDrawing =
        "<w:r><w:drawing><wp:inline><wp:extent cx=\"900000\" cy=\"900000\"/><wp:docPr id=\"8\" name=\"code\"/>\(picture("rId2", side: 900_000, id: 8))</wp:inline></w:drawing></w:r>"
}

/// A round seal that says it is for demonstration; an installation's real seal is never drawn by a program.
struct PaperSeal {
    let name: String

    var drawing: String {
        let letters = Array(name)
        let step = min(24.0, 250.0 / Double(max(letters.count, 1)))
        let begin = -step * Double(letters.count - 1) / 2
        let ring = letters.enumerated().map { index, letter in
            let angle = begin + step * Double(index)
            return
                "<text x=\"100\" y=\"36\" font-size=\"22\" text-anchor=\"middle\" fill=\"#d40000\" font-family=\"Noto Serif CJK SC\" transform=\"rotate(\(Int(angle.rounded())) 100 100)\">\(WorkbookForm.escaped(String(letter)))</text>"
        }
        return
            "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 200 200\" width=\"200\" height=\"200\"><circle cx=\"100\" cy=\"100\" r=\"95\" fill=\"none\" stroke=\"#d40000\" stroke-width=\"5\"/><path d=\"M100 64 L108 90 L135 90 L113 106 L121 132 L100 116 L79 132 L87 106 L65 90 L92 90 Z\" fill=\"#d40000\"/>\(ring.joined())<text x=\"100\" y=\"172\" font-size=\"20\" text-anchor=\"middle\" fill=\"#d40000\" font-family=\"Noto Serif CJK SC\">演示</text></svg>"
    }
}
