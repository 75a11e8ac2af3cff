import Alarms
import Features
import Foundation
import Hummingbird
import Identity
import Kernel
import Logs
import Schedules
import Storage
import Web

/// D17.3.7 审计自保护: what auditors themselves did, and whether what the audit stands on is well: collectors, room, processor, memory. Room that ends is an alarm.
package struct AuditGuard: Sendable {
    let platform: Platform
    static let path = "/security/audit-guard"
    package static let alarm = AlarmKind("auditSpace", "审计存储空间不足", "Room for audit", grade: .heavier, mergeWindow: 86_400)
    /// Bytes below which somebody must act.
    static let leastRoom: Int64 = 5 << 30

    package init(platform: Platform) { self.platform = platform }

    func add(to routes: Routes) { routes.get(Self.path, permission: .named("audit.read"), use: show) }

    func jobs() -> [JobDeclaration] {
        [
            JobDeclaration("auditSpace", "审计存储空间监测", every: 300) { context in
                guard let free = await room() else { return }
                context.note("剩余 \(Figure.size(Int(free)))")
                try await warn(free: free)
            }
        ]
    }

    /// Bytes free where files are kept; nil where the store cannot tell.
    private func room() async -> Int64? { await platform.blobs.figures()["free_bytes"].map { Int64($0) } }

    /// An alarm where the room that is left is less than it may be.
    package func warn(free: Int64) async throws {
        guard free < Self.leastRoom else { return }
        let text = "数据目录所在磁盘仅剩 \(Figure.size(Int(free)))，审计日志与采集的日志即将无法写入"
        let signal = AlarmSignal(
            kind: Self.alarm.name, org: nil, area: nil, subject: "存储空间", occurredAt: platform.clock.now, title: text, facts: ["freeBytes": .int(free)],
            reasons: [AlarmReason("auditSpace", text)], grade: free < Self.leastRoom / 10 ? .severe : .heavier)
        try await platform.database.write { [alarms = platform.alarms] tx in _ = try alarms.raise(signal, by: .system("审计自保护"), in: tx) }
    }

    // MARK: Page

    @Sendable func show(request: Request, context: WebContext) async throws -> Response {
        let window = ListWindow(context.here)
        let rows = try await platform.database.read(within: .seconds(10)) { try Self.acts(window, $0) }
        let free = await room()
        let (shown, pager) = window.newest(rows) { $0.int("id") ?? 0 }
        let lines = shown.map { row -> TableRow in
            let id = row.int("id") ?? 0
            return TableRow(
                id: String(id),
                [
                    "\(row.moment("at"))", "\(row.text("actor"))", "\(AuditWords.action(row.text("action") ?? ""))",
                    "\(AuditWords.object(row.text("object_kind") ?? "", SecurityPages.auditTitles, platform.ledgers))", "\(row.text("summary"))",
                    "<span class=\"mono\">\(row.text("address"))</span>",
                ], path: "/audit/rows/\(id)")
        }
        let columns = [
            Column("at", "时间"), Column("actor", "审计员"), Column("action", "动作"), Column("object", "对象"), Column("summary", "内容", isWrapping: true), Column("address", "来源地址"),
        ]
        let list = ListPage(
            "审计自保护", at: Self.path, crumbs: [Crumb(SecurityMenu.group), Crumb("审计自保护")], id: "audit-guard", columns: columns, filters: [.keyword(context, "内容、审计员")],
            empty: "审计员还没有操作记录", above: "\(state(free: free))\(Notice(.info, "审计员对审计日志、规则、报告和采集日志的操作同样入审计链，只能查看，不能修改或删除。"))")
        return list.response(lines, pager, context)
    }

    /// Acts of everybody who holds the auditor's role now, and acts upon what auditors keep, newest first.
    private static func acts(_ window: ListWindow, _ reader: any Reader) throws -> [Row] {
        let auditors: SQL = """
            SELECT u.user_id FROM user_roles u JOIN roles r ON r.id = u.role_id WHERE r.name = \(BuiltInRole.auditAdmin.rawValue)
            """
        var conditions: [SQL] = ["actor_kind = 'user'", "actor_id IN (\(auditors))"]
        if let before = window.before { conditions.append("id < \(before)") }
        if let keyword = window.keyword { conditions.append(.contains(keyword, in: "summary", "actor")) }
        return try reader.rows("SELECT id, at, actor, action, object_kind, summary, address FROM audit WHERE \(SQL.all(of: conditions)) ORDER BY id DESC LIMIT \(window.limit)")
    }

    private func state(free: Int64?) -> Markup {
        let machine = MachineState.read(), intake = platform.logs.intake
        let faults = intake.collectors.filter { $0.fault != nil }.count
        let load = machine.load.map { Figure.decimal($0, digits: 2) } ?? "未知"
        let isBusy = (machine.load ?? 0) > Double(machine.processors) * 2
        let memory = machine.availableMemory.map { Figure.size(Int($0)) } ?? "未知"
        let isShort = machine.availableMemory.map { $0 < 512 << 20 } ?? false
        let cards: [Markup] = [
            "\(StatCard("剩余磁盘", free.map { Figure.size(Int($0)) } ?? "未知", note: "少于 \(Figure.size(Int(Self.leastRoom))) 报警", tone: free.map { $0 < Self.leastRoom } ?? false ? .red : .good, icon: "database"))",
            "\(StatCard("处理器负载", load, note: "\(machine.processors) 核，近一分钟", tone: isBusy ? .yellow : .good, icon: "gauge"))",
            "\(StatCard("可用内存", memory, note: "共 \(machine.memory.map { Figure.size(Int($0)) } ?? "未知")", tone: isShort ? .yellow : .good, icon: "server"))",
            "\(StatCard("采集器", "\(intake.collectors.count - faults)", unit: "个监听", note: "异常 \(faults) 个，丢弃 \(Figure.grouped(intake.dropped)) 条", tone: faults > 0 || intake.dropped > 0 ? .yellow : .good, icon: "signal", path: LogSourcePages.path))",
        ]
        return "\(Grid(.quarters, cards))"
    }
}
