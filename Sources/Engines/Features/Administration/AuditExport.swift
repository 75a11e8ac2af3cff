import Hummingbird
import Identity
import Kernel
import NIOCore
import Storage
import Web

/// The audit book as a sheet, streamed a page of rows at a time; who took how much stands in the book before the first line leaves.
struct AuditExport: Sendable {
    let platform: Platform
    let search: AuditSearch
    let principal: Principal
    let objectTitle: @Sendable (String) -> String

    private static let pageSize = 1000

    func response() async throws -> Response {
        let (platform, principal, search, objectTitle) = (platform, principal, search, objectTitle)
        try await platform.database.write { transaction in
            try platform.audit.record(AuditEntry("export", "audit", "", "导出审计日志"), by: principal, in: transaction)
        }
        let body = ResponseBody { writer in
            try await writer.write(ByteBuffer(string: "\u{FEFF}" + CSVText.line(["序号", "时间", "操作人", "来源地址", "动作", "对象", "对象编号", "内容", "校验值"])))
            var after: String?
            repeat {
                let from = after
                let page = try await platform.database.read { try platform.audit.page(search, scope: principal.scope, after: from, limit: Self.pageSize, $0) }
                let lines = page.rows.map { row in
                    CSVText.line([
                        "\(row.id)", row.at.text, row.actor, row.address, AuditPage.title(row.action), objectTitle(row.objectKind), row.objectId, row.summary, row.hashText,
                    ])
                }
                try await writer.write(ByteBuffer(string: lines.joined()))
                after = page.next
            } while after != nil
            try await writer.finish(nil)
        }
        return .download(body: body, filename: "审计日志 \(platform.clock.today.text).csv", contentType: "text/csv; charset=utf-8")
    }
}
