import Exchange
import Foundation
import HTTPTypes
import Hummingbird
import HummingbirdTesting
import Identity
import Kernel
import Reports
import Storage
import Testing
import Web

@Suite("文书：打印、印章、二维码与附件预览")
struct PaperTests {
    static let source = PaperSource("carriage", "运输记录", words: [("企业", ""), ("载质量", "")]) { number, principal, reader in
        guard let row = try reader.first("SELECT org, load FROM carriage WHERE number = \(number) AND \(principal.scope.condition())") else { return nil }
        return PaperSubject(number: number, title: "运输\(number)", words: ["企业": "企业<\(row[0].int ?? 0)>", "载质量": "\(row[1].double ?? 0)"], path: "/w/1-abc")
    }

    static let template = PaperTemplate(source: "carriage", text: "# 证明\n{企业}运输{载质量}吨，编号{编号}。\n| 甲 | {企业} |\n{印章}\n> 市局\n{二维码}", sealName: "石家庄市生态环境局")

    static func house() async throws -> (ReportHouse, Int64) {
        let house = try await ReportHouse()
        house.engine.register(source)
        let id = try await house.database.write {
            try house.engine.keep(ReportItemDraft(.form, title: "运输证明", body: template.json, audience: ReportAudience(isEveryone: true)), by: house.known("city"), in: $0)
        }
        return (house, id)
    }

    @Test func onlyWhatOneMaySeeIsOnPaper() async throws {
        let (house, id) = try await Self.house()
        try await house.test { client in
            let city = try await ReportHouse.page("city", "/reports/forms/\(id)?number=N1", client)
            #expect(city.status == .ok && city.text.contains("&lt;\(house.north)&gt;运输10.0吨，编号N1。"))
            let south = try await ReportHouse.page("south", "/reports/forms/\(id)?number=N1", client)
            #expect(south.text.contains("没有编号为“N1”的事项") && !south.text.contains("10.0吨"))
            #expect(try await ReportHouse.page("south", "/reports/forms/\(id)/edit", client).status == .forbidden)
            let wrong = try await ReportHouse.post("city", "/reports/forms/\(id)/edit", [("title", "证明"), ("text", "甲\n{没有}和{企业")], client)
            #expect(wrong.status == .unprocessableContent && wrong.text.contains("第 2 行“{没有}”不认识") && wrong.text.contains("缺少右花括号"))
            let right = try await ReportHouse.post("city", "/reports/forms/\(id)/edit", [("title", "证明"), ("text", "{企业}"), ("seal", "")], client)
            #expect(right.status == .seeOther)
        }
    }

    /// Where LibreOffice is installed a PDF comes out; where it is not, a sentence that says so.
    @Test func aPaperIsPrintedOrSaysWhyNot() async throws {
        let (house, _) = try await Self.house()
        do {
            let (number, pdf) = try await house.engine.printed(Self.template, number: "N1", address: "http://127.0.0.1", by: house.known("city"))
            #expect(number == "N1" && pdf.starts(with: Array("%PDF-".utf8)))
        } catch let failure as Failure {
            #expect(failure.code == "JW-R040" && !OfficeProgram.isInstalled)
        }
    }

    @Test func theOfficeProgramIsEndedAtItsLimit() async throws {
        guard let office = OfficeProgram(seconds: 1) else { return }
        let rows = (0..<4_000).map { row in (0..<40).map { "=SUM(A$1:AN\(row + 1))+\($0)" } }
        let bytes = try WorkbookDraft([DesignedTests.sheet("大表", rows)]).bytes()
        let failure = await #expect(throws: Failure.self) { try await office.converted(bytes, ending: "xlsx", to: .pdf) }
        #expect(failure?.code == "JW-R041")
    }

    @Test func anAttachmentIsOnlyForItsReaders() async throws {
        let (house, _) = try await Self.house()
        let hash = try await house.engine.blobs.put(Array("%PDF-1.4 demo".utf8)).hash
        try await house.test { client in
            let plain = try await ReportHouse.page("city", "/reports/preview/\(hash)", client)
            let outside = try await ReportHouse.page("city", "/reports/preview/..%2F..%2Fetc", client)
            #expect(plain.status == .notFound)
            #expect(outside.status == .notFound)
        }
    }
}
