import Exchange
import Foundation
import Identity
import Kernel
import Storage

/// What a designed report can be handed out as.
package enum ReportFormat: String, Sendable, CaseIterable {
    case xlsx, pdf, docx, html

    package var title: String {
        switch self {
        case .xlsx: "Excel"
        case .pdf: "PDF"
        case .docx: "Word"
        case .html: "网页"
        }
    }

    package var mediaType: String {
        switch self {
        case .xlsx: SheetFormat.xlsx.mediaType
        case .pdf: "application/pdf"
        case .docx: "application/vnd.openxmlformats-officedocument.wordprocessingml.document"
        case .html: "text/html; charset=utf-8"
        }
    }

    package var needsOffice: Bool { self == .pdf || self == .docx }
}

extension ReportEngine {
    /// How long one filling may read.
    package static let fillLimit: Duration = .seconds(30)

    /// Fills and turns into files, each format once; the reading is one snapshot, the converting one at a time in the whole process.
    package func made(_ template: ReportTemplate, title: String, _ order: ReportOrder, formats: [ReportFormat], by principal: Principal) async throws -> [ReportFormat: [UInt8]] {
        let report = try await gate.run(for: principal.id, within: ReportEngine.fillLimit) { [self] in
            try await database.read(within: ReportEngine.fillLimit) { reader in try self.fill(template, title: title, order, by: principal, in: reader) }
        }
        let now = clock.now
        let (sheet, page) = try await database.read(within: ReportEngine.fillLimit) { _ in (try report.sheet(moment: now), Array(try ReportPage(report).document.utf8)) }
        var files: [ReportFormat: [UInt8]] = [:]
        for format in formats {
            switch format {
            case .xlsx: files[format] = sheet
            case .html: files[format] = page
            case .pdf: files[format] = try await converted(sheet, ending: "xlsx", to: .pdf, for: principal.id)
            case .docx: files[format] = try await converted(page, ending: "html", to: .docx, for: principal.id)
            }
        }
        return files
    }

    /// Through the office program, one after another.
    ///
    /// - Throws: `JW-R040` where it is not installed, `JW-R041`, `JW-R042`.
    package func converted(_ bytes: [UInt8], ending: String, to target: OfficeProgram.Target, for user: Int64) async throws -> [UInt8] {
        guard let office = OfficeProgram() else { throw OfficeProgram.missing }
        return try await press.run(for: user, within: .seconds(3 * OfficeProgram.seconds)) { try await office.converted(bytes, ending: ending, to: target) }
    }
}
