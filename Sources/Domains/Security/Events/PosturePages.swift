import Features
import Hummingbird
import Identity
import Kernel
import Ledgers
import Storage
import Web

/// D17.13.1, D17.13.3 安全态势: six views of the same day: as a whole, inside, outside, weaknesses, assets, threats.
struct PosturePages: Sendable {
    let platform: Platform
    static let path = "/security/posture"
    private static let views = [("", "综合"), ("inside", "内网"), ("outside", "外网"), ("weaknesses", "脆弱性"), ("assets", "资产"), ("threats", "威胁")]

    func add(to routes: Routes) {
        routes.get(Self.path, permission: .named("securityEvent.read")) { _, context in
            let view = context.here["view"] ?? ""
            let body = try await platform.database.read(within: .seconds(10)) { try content(view, $0) }
            let tabs = Tabs(Self.views.map { Tabs.Tab($0.1, $0.0.isEmpty ? Self.path : "\(Self.path)?view=\($0.0)", isActive: $0.0 == view) })
            return Shell.page("安全态势", crumbs: [Crumb(SecurityMenu.group), Crumb("安全态势")], active: Self.path, body: "\(tabs)\(body)", context: context)
        }
    }

    private var since: Moment { platform.clock.now.adding(seconds: -86_400 * 7) }

    private func content(_ view: String, _ reader: any Reader) throws -> Markup {
        switch view {
        case "inside": try threats(reader, inside: true)
        case "outside": try threats(reader, inside: false)
        case "weaknesses": try weaknesses(reader)
        case "assets": try assets(reader)
        case "threats": try threats(reader, inside: nil)
        default: try whole(reader)
        }
    }

    private func whole(_ reader: any Reader) throws -> Markup {
        let today = platform.clock.today
        let events = try reader.rows("SELECT grade, count(*) AS events FROM security_event WHERE deleted_at IS NULL AND at >= \(since) GROUP BY grade")
        func count(_ grade: String) -> Int { Int(events.first { $0.text("grade") == grade }?.int("events") ?? 0) }
        let open = try reader.count("SELECT count(*) FROM weakness WHERE deleted_at IS NULL AND state IN ('open', 'patching')")
        let late = try reader.count("SELECT count(*) FROM weakness WHERE deleted_at IS NULL AND state IN ('open', 'patching') AND due_on < \(today)")
        let alarms = try reader.count(
            "SELECT count(*) FROM alarms WHERE kind IN ('intrusionEvent', 'passwordGuessing', 'unusualLogin', 'massExport', 'nightAct', 'unusualConduct', 'programChanged', 'auditRule') AND state NOT IN ('closed', 'revoked')"
        )
        let running = try reader.count("SELECT count(*) FROM workflow_cases WHERE state = 'running' AND workflow IN ('securityPlaybook', 'securityIncident', 'patchManagement')")
        let attackers = try EventCentre.attackers(since: since, reader)
        let severe = count("1") + count("2")
        let cards: [Markup] = [
            "\(StatCard("七日重大以上事件", "\(severe)", unit: "起", note: "共 \(severe + count("3") + count("4")) 起", tone: severe > 0 ? .red : .good, icon: "alert", path: "/ledgers/securityEvent"))",
            "\(StatCard("全局风险来源", "\(attackers.count { $0.isGlobal })", unit: "个", note: "多处同时指向的地址", tone: attackers.contains { $0.isGlobal } ? .red : .good, icon: "globe"))",
            "\(StatCard("未关闭弱点", "\(open)", unit: "个", note: "超期 \(late) 个", tone: late > 0 ? .orange : .good, icon: "shield", path: "/ledgers/weakness"))",
            "\(StatCard("未处理安全报警", "\(alarms)", unit: "起", note: "办理中工单 \(running) 件", tone: alarms > 0 ? .yellow : .good, icon: "bell"))",
        ]
        return "\(Grid(.quarters, cards))\(trend(try daily(reader)))\(table(attackers))"
    }

    private func daily(_ reader: any Reader) throws -> [(String, Double)] {
        let today = platform.clock.today
        return try (0..<7).map { offset in
            let day = today.adding(days: offset - 6)
            return (day.text, Double(try reader.count("SELECT count(*) FROM security_event WHERE deleted_at IS NULL AND at >= \(day.start) AND at < \(day.adding(days: 1).start)")))
        }
    }

    private func trend(_ days: [(String, Double)]) -> Markup {
        let chart = Chart(.bar, "近七日入侵事件", categories: days.map(\.0), series: [ChartSeries("事件", days.map { $0.1 })], unit: "起", height: .small)
        return "\(Card("近七日入侵事件", body: "\(chart)"))"
    }

    private func table(_ attackers: [EventCentre.Attacker]) -> Markup {
        let rows = attackers.prefix(50).map { one -> TableRow in
            TableRow(
                id: one.address,
                [
                    "<span class=\"mono\">\(one.address)</span>\(Markup.when(one.isGlobal, " \(Badge("全局风险", .red))"))", "\(one.events)", "\(one.devices)", "\(one.targets)",
                    "\(one.worst.map { ["特别重大", "重大", "较大", "一般"][min(max($0, 1), 4) - 1] } ?? "—")",
                    "\(one.failedLogins)",
                ], path: "/ledgers/securityEvent?f.attacker=\(FormEncoding.encode(one.address))")
        }
        let columns = [
            Column("address", "来源地址"), Column("events", "事件", align: .end), Column("devices", "上报设备", align: .end), Column("targets", "影响目标", align: .end), Column("worst", "最高级别"),
            Column("failures", "登录失败", align: .end),
        ]
        return
            "\(Card("攻击来源（近七日）", isFlush: true, body: "\(DataTable(id: "attackers", columns: columns, rows: Array(rows), address: PageAddress(Self.path), empty: "近七日没有攻击来源", hasTools: false))"))"
    }

    /// Private addresses are inside.
    static func isInside(_ address: String) -> Bool {
        if address.hasPrefix("10.") || address.hasPrefix("192.168.") || address.hasPrefix("127.") || address == "::1" || address.lowercased().hasPrefix("fd") { return true }
        let parts = address.split(separator: ".").compactMap { Int($0) }
        return parts.count == 4 && parts[0] == 172 && (16...31).contains(parts[1])
    }

    private func threats(_ reader: any Reader, inside: Bool?) throws -> Markup {
        let attackers = try EventCentre.attackers(since: since, reader).filter { inside == nil || Self.isInside($0.address) == inside }
        let kinds = try reader.rows("SELECT kind, count(*) AS events FROM security_event WHERE deleted_at IS NULL AND at >= \(since) GROUP BY kind ORDER BY count(*) DESC LIMIT 20")
        let names = platform.dictionaries.snapshot
        let chart = Chart(
            .horizontalBar, "事件分类", categories: kinds.map { names.title(of: $0.text("kind") ?? "", in: "securityIncidentKind") },
            series: [ChartSeries("事件", kinds.map { Double($0.int("events") ?? 0) })], unit: "起", height: .small)
        let said: Markup = inside.map { "\(Notice(.info, $0 ? "来源为内网地址的事件与登录失败" : "来源为外网地址的事件与登录失败"))" } ?? "\(Card("事件分类（近七日）", body: "\(chart)"))"
        return "\(said)\(table(attackers))"
    }

    private func weaknesses(_ reader: any Reader) throws -> Markup {
        let rows = try reader.rows(
            """
            SELECT host, count(*) AS weaknesses, min(grade) AS worst, min(due_on) AS due FROM weakness WHERE deleted_at IS NULL AND state IN ('open', 'patching') GROUP BY host
            ORDER BY min(grade), count(*) DESC LIMIT 100
            """)
        let lines = rows.map { row in
            TableRow(
                [
                    "\(row.text("host") ?? "")", "\(Int(row.int("weaknesses") ?? 0))",
                    "\(["严重", "高危", "中危", "低危"][min(max(row.text("worst").flatMap { Int($0) } ?? 4, 1), 4) - 1])",
                    "\(row.day("due").map(\.text) ?? "—")",
                ], path: "/ledgers/weakness?f.host=\(FormEncoding.encode(row.text("host") ?? ""))")
        }
        let columns = [Column("host", "主机"), Column("weaknesses", "未关闭弱点", align: .end), Column("worst", "最高等级"), Column("due", "最早期限")]
        return
            "\(Card("弱点分布", isFlush: true, body: "\(DataTable(id: "weaknesses", columns: columns, rows: lines, address: PageAddress(Self.path), empty: "没有未关闭的弱点", hasTools: false))"))"
    }

    private func assets(_ reader: any Reader) throws -> Markup {
        let rows = try reader.rows(
            """
            SELECT a.title, a.address, a.worth, (SELECT count(*) FROM security_event e WHERE e.target = a.address AND e.at >= \(since) AND e.deleted_at IS NULL) AS events,
            (SELECT count(*) FROM weakness w WHERE w.host = a.address AND w.state IN ('open', 'patching') AND w.deleted_at IS NULL) AS weaknesses
            FROM security_asset a WHERE a.deleted_at IS NULL ORDER BY a.worth, a.id LIMIT 200
            """)
        let lines = rows.map { row in
            TableRow([
                "\(row.text("title") ?? "")", "<span class=\"mono\">\(row.text("address") ?? "")</span>",
                "\(["核心", "重要", "一般"][min(max(row.text("worth").flatMap { Int($0) } ?? 3, 1), 3) - 1])",
                "\(Int(row.int("events") ?? 0))", "\(Int(row.int("weaknesses") ?? 0))",
            ])
        }
        let columns = [Column("title", "资产"), Column("address", "地址"), Column("worth", "重要程度"), Column("events", "七日事件", align: .end), Column("weaknesses", "未关闭弱点", align: .end)]
        return
            "\(Card("资产风险", isFlush: true, body: "\(DataTable(id: "assets", columns: columns, rows: lines, address: PageAddress(Self.path), empty: "资产台账为空", hasTools: false))"))"
    }
}
