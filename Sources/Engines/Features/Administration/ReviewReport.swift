import Hummingbird
import Identity
import Kernel
import Storage
import Web

/// D17.2.5 权限复核报告: a year's review as a document to print and sign: how far it came, what was found, what was taken back since and what was not.
struct ReviewReport: Sendable {
    let platform: Platform
    static let path = "/admin/reviews/report"
    /// People that are read at most, and findings that are listed at most.
    private static let most = 20_000
    private static let listed = 500

    func add(to routes: Routes) { routes.get(Self.path, permission: .named("review.write"), use: show) }

    private struct Sums: Sendable {
        var people = 0
        var open = 0
        var kept = 0
        var asleep = 0
        var frozen = 0
        /// What was to be reduced or ended.
        var findings: [AccessReviews.Line] = []
    }

    private func sums(_ year: Int, _ principal: Principal, _ reader: any Reader) throws -> Sums {
        var sums = Sums(), before: Int64?
        let now = platform.clock.now
        while sums.people < Self.most {
            let lines = try platform.identity.reviews.page(year, keyword: nil, isOpen: false, scope: principal.scope, before: before, limit: 500, reader)
            for line in lines {
                sums.people += 1
                if !line.isActive { sums.frozen += 1 }
                if line.isActive, line.lastLoginAt.map({ now.seconds(since: $0) > 90 * 86_400 }) ?? true { sums.asleep += 1 }
                switch line.verdict {
                case nil: sums.open += 1
                case .keep: sums.kept += 1
                case .reduce, .end: if sums.findings.count < Self.listed { sums.findings.append(line) }
                }
            }
            guard lines.count == 500, let last = lines.last else { break }
            before = last.user
        }
        return sums
    }

    /// Whether what was found has been dealt with since: roles changed, or the account is closed.
    private static func isDone(_ line: AccessReviews.Line) -> Bool { line.verdict == .end ? !line.isActive : line.reviewedRoles != line.roles || !line.isActive }

    @Sendable func show(request: Request, context: WebContext) async throws -> Response {
        let principal = try context.signedIn(), today = platform.clock.today
        let year = min(max(context.here["year"].flatMap { Int($0) } ?? today.parts.year, 2000), 2999)
        let sums = try await platform.database.read(within: .seconds(30)) { try self.sums(year, principal, $0) }
        let done = sums.findings.filter(Self.isDone).count, left = sums.findings.count - done
        let cards: [Markup] = [
            "\(StatCard("应复核", "\(sums.people)", unit: "人", note: "\(sums.open == 0 ? "已全部复核" : "尚有 \(sums.open) 人未复核")", tone: sums.open == 0 ? .good : .yellow, icon: "users"))",
            "\(StatCard("保留", "\(sums.kept)", unit: "人", tone: .good, icon: "check"))",
            "\(StatCard("应缩减或停用", "\(sums.findings.count)", unit: "人", note: "已收回 \(done) 人，未收回 \(left) 人", tone: left > 0 ? .red : .neutral, icon: "shield"))",
            "\(StatCard("久未登录", "\(sums.asleep)", unit: "人", note: "九十日未登录；另有 \(sums.frozen) 人已冻结", tone: .neutral, icon: "clock"))",
        ]
        let rows = sums.findings.map { line -> TableRow in
            let state = Self.isDone(line) ? Badge("已收回", .good) : Badge("未收回", .red)
            let cells: [Markup] = [
                "\(line.name)（\(line.login)）", "\(line.organisationName)", "\(line.verdict?.title)", "\(line.reviewedRoles)", "\(line.roles.isEmpty ? "无" : line.roles)",
                "\(line.reviewedBy) \(line.reviewedAt.map { $0.day.text })", "\(state)",
            ]
            return TableRow(cells)
        }
        let columns = [
            Column("who", "人员"), Column("org", "机构", isWrapping: true), Column("verdict", "结论"), Column("then", "复核时的角色", isWrapping: true),
            Column("now", "现有角色", isWrapping: true), Column("by", "复核人"), Column("state", "处理"),
        ]
        let table = DataTable(id: "findings", columns: columns, rows: rows, address: context.here, empty: "没有应缩减或停用的授权", hasTools: false)
        let words: Markup = """
            <p>\(year) 年度权限复核截至 \(today.text)：应复核 \(sums.people) 人，已复核 \(sums.people - sums.open) 人；\
            保留 \(sums.kept) 人，应缩减或停用 \(sums.findings.count) 人，其中已收回 \(done) 人。\(left > 0 ? "未收回的授权须在系统管理员处理后再次核对。" : "发现的多余授权均已收回。")</p>\
            <p>复核负责人：＿＿＿＿＿＿＿＿　　安全管理员：＿＿＿＿＿＿＿＿　　日期：＿＿＿＿＿＿＿＿</p>
            """
        return Shell.page(
            "\(year) 年权限复核报告", crumbs: [Crumb("系统"), Crumb("权限复核", "/admin/reviews?year=\(year)"), Crumb("复核报告")], active: "/admin/reviews",
            actions: "\(ActionButton("打印", .print, icon: "print", style: .primary))",
            body: "\(Grid(.quarters, cards))\(Card("结论", body: words))\(Card("应缩减或停用的授权", isFlush: true, body: "\(table)"))", context: context)
    }
}
