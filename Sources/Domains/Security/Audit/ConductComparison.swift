import Features
import Hummingbird
import Identity
import Kernel
import Storage
import Web

/// D17.3.3 比较不同时期的行为: two periods of the audit book side by side, by person, address or kind of act.
struct ConductComparison: Sendable {
    let platform: Platform
    static let path = "/security/conduct/compare"

    func add(to routes: Routes) { routes.get(Self.path, permission: .named("audit.read"), use: show) }

    private enum Measure: String, CaseIterable {
        case actor, address, action, objectKind

        var title: String {
            switch self {
            case .actor: "人员"
            case .address: "来源地址"
            case .action: "操作类型"
            case .objectKind: "操作对象"
            }
        }

        var column: SQL {
            switch self {
            case .actor: "actor"
            case .address: "address"
            case .action: "action"
            case .objectKind: "object_kind"
            }
        }
    }

    private struct Period {
        var from: Day
        var to: Day
        var days: Int { to.daysSince1970 - from.daysSince1970 + 1 }
        var text: String { "\(from.text) 至 \(to.text)" }
    }

    private static let longest = 93

    @Sendable func show(request: Request, context: WebContext) async throws -> Response {
        let address = context.here, today = platform.clock.today
        func day(_ name: String, _ usual: Int) -> Day { address[name].flatMap { Day(parsing: $0) } ?? today.adding(days: usual) }
        let first = Period(from: day("a_from", -13), to: day("a_to", -7)), second = Period(from: day("b_from", -6), to: day("b_to", 0))
        let measure = address["by"].flatMap(Measure.init) ?? .actor
        let fault = [first, second].contains { $0.days < 1 || $0.days > Self.longest }
        let lines = fault ? [] : try await compared(first, second, measure)
        let rows = lines.map { line -> TableRow in TableRow(cells(line, first, second, measure, context)) }
        let columns = [
            Column("key", measure.title), Column("a", "前期次数", align: .end), Column("b", "后期次数", align: .end), Column("ad", "前期日均", align: .end),
            Column("bd", "后期日均", align: .end), Column("change", "变化", align: .end),
        ]
        let fields = [
            FormField("by", "比较", .select(Measure.allCases.map { Choice($0.rawValue, $0.title) }), value: measure.rawValue, isRequired: true),
            FormField("a_from", "前期从", .day, value: first.from.text), FormField("a_to", "前期至", .day, value: first.to.text),
            FormField("b_from", "后期从", .day, value: second.from.text), FormField("b_to", "后期至", .day, value: second.to.text),
        ]
        let note: Markup =
            fault
            ? "\(Notice(.red, "每个时期须为 1–\(Self.longest) 天，开始日期不能晚于结束日期。"))"
            : "\(Notice(.info, "前期 \(first.text)，\(first.days) 天；后期 \(second.text)，\(second.days) 天。变化按日均计算。"))"
        let table = DataTable(id: "compared", columns: columns, rows: rows, address: address, empty: "两个时期都没有操作记录", hasTools: false)
        return Shell.page(
            "行为对比", crumbs: [Crumb(SecurityMenu.group), Crumb("行为分析", ConductPages.path), Crumb("行为对比")], active: ConductPages.path,
            actions: "\(ActionButton("打印", .print, icon: "print"))", body: "\(note)\(SearchForm(action: Self.path, fields: fields, table: "compared", visible: 5))\(table)",
            context: context)
    }

    private struct Line: Sendable {
        var key: String
        var first: Int
        var second: Int
    }

    private func compared(_ first: Period, _ second: Period, _ measure: Measure) async throws -> [Line] {
        let column = measure.column
        let (a, b) = try await platform.database.read(within: .seconds(20)) { reader in
            func counts(_ period: Period) throws -> [String: Int] {
                let rows = try reader.rows(
                    """
                    SELECT \(column) AS key_text, count(*) AS acts FROM audit WHERE day >= \(period.from) AND day <= \(period.to) AND actor_kind = 'user' GROUP BY \(column)
                    ORDER BY 2 DESC LIMIT 1000
                    """)
                return rows.reduce(into: [:]) { $0[$1.text("key_text") ?? ""] = Int($1.int("acts") ?? 0) }
            }
            return (try counts(first), try counts(second))
        }
        return Set(a.keys).union(b.keys).map { Line(key: $0, first: a[$0] ?? 0, second: b[$0] ?? 0) }
            .sorted { (abs($1.second - $1.first), $0.key) < (abs($0.second - $0.first), $1.key) }.prefix(500).map { $0 }
    }

    private func cells(_ line: Line, _ first: Period, _ second: Period, _ measure: Measure, _ context: WebContext) -> [Markup] {
        let a = Double(line.first) / Double(first.days), b = Double(line.second) / Double(second.days)
        let change: Markup =
            line.first == 0
            ? "\(Badge("新出现", .orange))"
            : line.second == 0 ? "\(Badge("不再出现", .muted))" : "\(Badge("\(b >= a ? "+" : "")\(Int(((b - a) / a * 100).rounded()))%", b >= 2 * a ? .red : b > a ? .yellow : .good))"
        let title = measure == .action ? AuditWords.action(line.key) : measure == .objectKind ? AuditWords.object(line.key, SecurityPages.auditTitles, platform.ledgers) : line.key
        return ["\(title.isEmpty ? "（无）" : title)", "\(line.first)", "\(line.second)", "\(Figure.decimal(a, digits: 1))", "\(Figure.decimal(b, digits: 1))", change]
    }
}
