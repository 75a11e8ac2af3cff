import Kernel
import Storage
import Web

/// What was handed down to one enterprise and what its gate system answered, newest first.
struct ReceiptTable: Sendable {
    struct Line: Sendable {
        var objectId: String
        var version: Int64
        var kind: String
        var state: String
        var sentAt: Moment?
        var receivedAt: Moment?
        var appliedAt: Moment?
        var attempts: Int64
        var message: String?
    }

    var lines: [Line]

    static func read(org: Int64, limit: Int, in reader: any Reader) throws -> ReceiptTable {
        let rows = try reader.rows(
            "SELECT object_id, version, kind, state, sent_at, received_at, applied_at, attempts, message FROM delivery WHERE org = \(org) ORDER BY COALESCE(sent_at, 0) DESC, object_id LIMIT \(limit)"
        )
        return ReceiptTable(
            lines: rows.map { row in
                Line(
                    objectId: row[0].text ?? "", version: row[1].int ?? 0, kind: row[2].text ?? "", state: row[3].text ?? "", sentAt: row.moment("sent_at"),
                    receivedAt: row.moment("received_at"),
                    appliedAt: row.moment("applied_at"), attempts: row[7].int ?? 1, message: row[8].text)
            })
    }

    func table(_ context: WebContext) -> DataTable {
        let columns = [
            Column("kind", "下发内容"), Column("object", "对象", isWrapping: true), Column("version", "版本", align: .end), Column("state", "回执"), Column("sent", "下发时间"),
            Column("applied", "生效时间"),
            Column("lag", "用时", align: .end), Column("attempts", "次数", align: .end), Column("message", "说明", isWrapping: true),
        ]
        let rows = lines.map { line -> TableRow in
            let lag = line.sentAt.flatMap { sent in line.appliedAt.map { Figure.decimal($0.seconds(since: sent), digits: 1) + " 秒" } } ?? ""
            return TableRow(
                [
                    "\(ReceiptTable.kind(line.kind))", "\(ReceiptTable.object(line.objectId))", "\(line.version)", "\(ReceiptTable.state(line.state))", "\(line.sentAt)",
                    "\(line.appliedAt)", "\(lag)",
                    "\(line.attempts)", "\(line.message)",
                ])
        }
        return DataTable(id: "receipts", columns: columns, rows: rows, address: context.here, empty: "还没有向该企业下发过策略或名单", hasTools: false)
    }

    private static func kind(_ kind: String) -> String {
        switch HandDown.Kind(rawValue: kind) {
        case .excessListed: "列入超标名单"
        case .excessReleased: "移出超标名单"
        case .strategy: "管控策略"
        case .strategyEnded: "策略失效"
        case .filing: "备案"
        case nil: kind
        }
    }

    /// `list-冀A12345-1` becomes the plate and its colour.
    private static func object(_ id: String) -> String {
        let parts = id.split(separator: "-").map(String.init)
        if parts.count == 3, parts[0] == "list" { return "\(parts[1])（\(PlateColor(rawValue: parts[2])?.plateTitle ?? parts[2])）" }
        if parts.count == 2, parts[0] == "strategy" { return "策略 \(parts[1])" }
        return id
    }

    private static func state(_ state: String) -> Badge {
        switch state {
        case "applied": Badge("已生效", .good, isDot: true)
        case "received": Badge("已接收", .info, isDot: true)
        case "failed": Badge("失败", .red, isDot: true)
        default: Badge("已下发", .muted, isDot: true)
        }
    }
}
