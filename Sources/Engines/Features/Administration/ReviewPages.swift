import HTTPTypes
import Hummingbird
import Identity
import Kernel
import Storage
import Web

/// 权限复核: the yearly list of who may do what, with a verdict for each person.
struct ReviewPages: Sendable {
    let platform: Platform

    func add(to routes: Routes) {
        let reviews = RoutePermission.named("review.write")
        routes.get("/admin/reviews", permission: reviews, use: list)
        routes.get("/admin/reviews/export", permission: reviews, use: export)
        ReviewReport(platform: platform).add(to: routes)
        routes.post("/admin/reviews/{year}/{id}/{verdict}", permission: reviews, use: record)
    }

    private var reviews: AccessReviews { platform.identity.reviews }
    private func year(_ address: PageAddress) -> Int { min(max(address["year"].flatMap { Int($0) } ?? platform.clock.today.parts.year, 2000), 2999) }

    @Sendable func list(request: Request, context: WebContext) async throws -> Response {
        let principal = try context.signedIn()
        let address = context.here
        let year = year(address)
        let size = min(max(address["size"].flatMap { Int($0) } ?? 50, 1), 200)
        let (keyword, isOpen, before) = (address["q"], address["open"] == "1", address["after"].flatMap { Int64($0) })
        let (lines, progress) = try await platform.database.read { [reviews] reader in
            (
                try reviews.page(year, keyword: keyword, isOpen: isOpen, scope: principal.scope, before: before, limit: size, reader),
                try reviews.progress(year, scope: principal.scope, reader)
            )
        }
        let thisYear = platform.clock.today.parts.year
        let fields = [
            FormField("year", "年度", .select((0..<5).map { Choice(String(thisYear - $0), "\(thisYear - $0) 年") }), value: String(year)),
            FormField("q", "关键字", .text, value: keyword, placeholder: "姓名、登录名、机构"), FormField("open", "范围", .check("只看未复核"), value: address["open"]),
        ]
        let columns = [
            Column("name", "姓名"), Column("organisation", "机构", isWrapping: true), Column("roles", "现有角色", isWrapping: true), Column("last", "最近登录"), Column("verdict", "复核结论"),
            Column("by", "复核人"),
        ]
        let rows = lines.map { line in TableRow(id: String(line.user), cells(line), path: "/admin/users/\(line.user)", actions: actions(line, year)) }
        let start = address.restarting
        let pager = Pager(
            first: before == nil ? nil : start.text, next: lines.count == size ? lines.last.map { start.with("after", String($0.user)).text } : nil, size: size,
            sizes: [20, 50, 100])
        let table = DataTable(id: "reviews", columns: columns, rows: rows, address: address, pager: pager, empty: isOpen ? "\(year) 年的复核已全部完成" : "没有符合条件的用户")
        let done = progress.users > 0 && progress.users == progress.reviewed
        let state = Badge("已复核 \(progress.reviewed) / \(progress.users) 人", done ? .good : .yellow)
        return Shell.page(
            "权限复核", crumbs: [Crumb("系统"), Crumb("权限复核")], active: "/admin/reviews",
            actions:
                "\(state)\(ActionButton("复核报告", .link("\(ReviewReport.path)?year=\(year)"), icon: "file"))\(ActionButton("导出", .download(PageAddress("/admin/reviews/export", start.query).text), icon: "download"))",
            body: "\(SearchForm(action: "/admin/reviews", fields: fields, table: "reviews"))\(table)", context: context)
    }

    private func cells(_ line: AccessReviews.Line) -> [Markup] {
        var verdict: Markup = "<span class=\"muted\">未复核</span>"
        if let given = line.verdict { verdict = "\(Badge(given.title, given == .keep ? .good : given == .reduce ? .yellow : .red))" }
        if let earlier = line.reviewedRoles, earlier != line.roles { verdict += " \(Badge("角色已变", .info))" }
        let sleeps = line.lastLoginAt.map { platform.clock.now.seconds(since: $0) > 90 * 86_400 } ?? true
        let last: Markup = line.lastLoginAt.map { "\($0)" } ?? "未登录"
        let hint: Markup = !line.isActive ? " \(Badge("已冻结", .muted))" : sleeps ? " \(Badge("久未登录", .yellow))" : .empty
        return [
            "\(line.name) <small class=\"muted\">\(line.login)</small>", "\(line.organisationName)", "\(line.roles)", "\(last)\(hint)", verdict,
            "\(line.reviewedBy) \(line.reviewedAt.map { $0.day.text })",
        ]
    }

    private func actions(_ line: AccessReviews.Line, _ year: Int) -> Markup {
        let buttons = AccessReviews.Verdict.allCases.filter { $0 != line.verdict }.map { verdict in
            ActionButton(
                verdict.title, .post("/admin/reviews/\(year)/\(line.user)/\(verdict.rawValue)", confirm: verdict == .keep ? nil : "登记“\(line.name)”的结论为“\(verdict.title)”？"),
                style: .quiet)
        }
        return "\(buttons)"
    }

    @Sendable func record(request: Request, context: WebContext) async throws -> Response {
        guard let verdict = AccessReviews.Verdict(rawValue: try context.path("verdict")), let year = Int(try context.path("year")), (2000...2999).contains(year) else {
            throw Failure.notFound("该页面")
        }
        try await reviews.record(verdict, of: context.id(), year: year, note: nil, by: context.signedIn())
        return Shell.refreshed("已登记：\(verdict.title)", context: context, request: request)
    }

    @Sendable func export(request: Request, context: WebContext) async throws -> Response {
        let principal = try context.signedIn()
        let year = year(context.here)
        let (keyword, isOpen) = (context.here["q"], context.here["open"] == "1")
        let text = try await platform.database.write { [reviews, platform] transaction -> String in
            var text = "\u{FEFF}" + CSVText.line(["姓名", "登录名", "机构", "状态", "最近登录", "现有角色", "复核结论", "复核人", "复核时间"])
            var before: Int64?
            var count = 0
            while count < 50_000 {
                let lines = try reviews.page(year, keyword: keyword, isOpen: isOpen, scope: principal.scope, before: before, limit: 500, transaction)
                for line in lines {
                    text += CSVText.line([
                        line.name, line.login, line.organisationName, line.isActive ? "正常" : "已冻结", line.lastLoginAt?.text ?? "", line.roles, line.verdict?.title ?? "未复核",
                        line.reviewedBy ?? "", line.reviewedAt?.text ?? "",
                    ])
                }
                count += lines.count
                guard lines.count == 500, let last = lines.last else { break }
                before = last.user
            }
            try platform.audit.record(AuditEntry("export", "user", "", "导出 \(year) 年权限复核表，共 \(count) 人"), by: principal, in: transaction)
            return text
        }
        return .download(Array(text.utf8), filename: "\(year) 年权限复核表.csv", contentType: "text/csv; charset=utf-8")
    }
}
