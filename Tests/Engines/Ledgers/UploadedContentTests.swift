import Kernel
import Ledgers
import Testing

@Suite("台账 · 上传文件的种类")
struct UploadedContentTests {
    struct Example: Sendable, CustomTestStringConvertible {
        let testDescription: String
        let name: String
        let bytes: [UInt8]
        /// Nil: refused.
        let type: String?
    }

    private static let rest = [UInt8](repeating: 0, count: 40)

    static let examples: [Example] = [
        Example(testDescription: "PDF", name: "a.pdf", bytes: Array("%PDF-1.7\n".utf8) + rest, type: "application/pdf"),
        Example(testDescription: "PDF 起了别的名字，仍按内容", name: "a.html", bytes: Array("%PDF-1.7\n".utf8) + rest, type: "application/pdf"),
        Example(testDescription: "docx", name: "a.docx", bytes: [0x50, 0x4B, 3, 4] + rest, type: "application/vnd.openxmlformats-officedocument.wordprocessingml.document"),
        Example(testDescription: "压缩包", name: "a.jar", bytes: [0x50, 0x4B, 3, 4] + rest, type: "application/zip"),
        Example(testDescription: "旧版 Word", name: "a.doc", bytes: [0xD0, 0xCF, 0x11, 0xE0] + rest, type: "application/msword"),
        Example(testDescription: "旧版 Office 容器，不是文档", name: "a.msi", bytes: [0xD0, 0xCF, 0x11, 0xE0] + rest, type: nil),
        Example(testDescription: "文本", name: "a.txt", bytes: Array("说明".utf8), type: "text/plain; charset=utf-8"),
        Example(testDescription: "文本里有零字节", name: "a.txt", bytes: [65, 0, 66], type: nil), Example(testDescription: "不是 UTF-8", name: "a.csv", bytes: [0xB5, 0xE3], type: nil),
        Example(testDescription: "网页", name: "a.html", bytes: Array("<html><script>1</script>".utf8), type: nil),
        Example(testDescription: "SVG", name: "a.svg", bytes: Array("<svg xmlns=\"http://www.w3.org/2000/svg\" onload=\"1\"/>".utf8), type: nil),
        Example(testDescription: "SVG 自称图片", name: "a.png", bytes: Array("<svg xmlns=\"http://www.w3.org/2000/svg\"/>".utf8), type: nil),
        Example(testDescription: "程序", name: "a.exe", bytes: Array("MZ".utf8) + rest, type: nil),
        Example(testDescription: "脚本", name: "a.sh", bytes: Array("#!/bin/sh\n".utf8), type: nil),
        Example(testDescription: "只有图片的开头", name: "a.jpg", bytes: [0xFF, 0xD8, 0xFF, 0xE0] + rest, type: nil), Example(testDescription: "空文件", name: "a.pdf", bytes: [], type: nil),
    ]

    @Test(arguments: examples)
    func isJudgedByItsBytes(_ example: Example) { #expect(UploadedContent.mediaType(of: example.bytes, named: example.name) == example.type) }
}
