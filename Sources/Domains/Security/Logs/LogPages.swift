import Exchange
import Features
import Hummingbird
import Identity
import Kernel
import Logs
import NIOCore
import Storage
import Web

/// D17.3.6 日志检索: what other machines sent, by combined conditions; one line with everything read out of it; the lines as they came, as a file.
struct LogPages: Sendable {
    let platform: Platform
    static let path = "/security/logs"
    /// Days a question may span: a text is looked for in every line of them.
    private static let longestDays: Int64 = 92
    /// Lines of one download.
    private static let mostRaw = 1_000_000

    func add(to routes: Routes) {
        let reads = RoutePermission.named(SecurityPermission.logsRead)
        routes.get(Self.path, permission: reads, use: list)
        routes.get(Self.path + "/raw", permission: reads, use: raw)
        routes.get(Self.path + "/export", permission: reads, use: export)
        routes.get(Self.path + "/lines/{id}", permission: reads, use: show)
    }

    static func severityBadge(_ severity: Int) -> Markup {
        let tone: Tone = severity <= 2 ? .red : severity == 3 ? .orange : severity == 4 ? .yellow : severity == 5 ? .info : .muted
        return "\(Badge(LogSeverity(rawValue: severity)?.title ?? "\(severity)", tone))"
    }

    private static func field(_ moment: Moment) -> String { String(moment.text.replacing(" ", with: "T").prefix(16)) }

    /// The last day where the address names no span.
    private func search(_ address: PageAddress) -> LogSearch {
        let now = platform.clock.now
        let to = address["to"].flatMap { Moment(parsing: $0) }?.adding(seconds: 60) ?? now.adding(seconds: 86_400)
        let from = address["from"].flatMap { Moment(parsing: $0) } ?? min(to, now).adding(seconds: -86_400)
        var search = LogSearch(from: max(from, to.adding(seconds: -Self.longestDays * 86_400)), to: to)
        search.source = address["source"].flatMap { Int64($0) }
        search.host = address["host"]
        search.app = address["app"]
        search.severity = address["severity"].flatMap { Int($0) }
        search.facility = address["facility"].flatMap { Int($0) }
        search.keyword = address["q"]
        search.isEvent = address["event"] == "1"
        for field in LogField.searchable { search.fields[field] = address[field.rawValue] }
        return search
    }

    private func filters(_ asked: LogSearch, _ sources: [LogSource], _ context: WebContext) -> [FormField] {
        let here = context.here
        let own = [
            FormField("from", "开始", .moment, value: here["from"] ?? Self.field(asked.from)), FormField("to", "结束", .moment, value: here["to"]),
            FormField.keyword(context, "原文中的文字"),
            FormField.choice("source", "来源", sources.map { Choice(String($0.id), $0.name) } + [Choice("0", "未登记来源")], context),
            FormField.choice("severity", "级别不低于", LogSeverity.allCases.map { Choice(String($0.rawValue), $0.title) }, context),
            FormField.choice("facility", "设施", LogFacility.titles.enumerated().map { Choice(String($0.offset), $0.element) }, context),
            FormField("host", "主机", .text, value: here["host"]), FormField("app", "程序", .text, value: here["app"]),
            FormField.choice("event", "攻击事件", [Choice("1", "只看攻击事件")], context),
        ]
        return own + LogField.searchable.map { FormField($0.rawValue, $0.title, .text, value: here[$0.rawValue]) }
    }

    @Sendable func list(request: Request, context: WebContext) async throws -> Response {
        let address = context.here, asked = search(address)
        let size = ListWindow(address, size: 50).size
        let (sources, found) = try await platform.database.look(within: .seconds(20)) { [logs = platform.logs] reader in
            (try logs.sources(reader), try logs.lines(asked, after: address["after"], limit: size + 1, reader))
        }
        let names = Dictionary(sources.map { ($0.id, $0.name) }, uniquingKeysWith: { first, _ in first })
        let rows = found.prefix(size).map { Self.row($0, names) }
        let columns = [
            Column("at", "时间"), Column("source", "来源"), Column("severity", "级别"), Column("host", "主机"), Column("app", "程序"), Column("text", "内容", isWrapping: true),
            Column("read", "源地址"), Column("facility", "设施", isHidden: true), Column("way", "方式", isHidden: true),
        ]
        let start = address.restarting
        let pager = Pager(
            first: address["after"] == nil ? nil : start.text, next: found.count > size ? found.prefix(size).last.map { start.with("after", $0.cursor).text } : nil, size: size)
        let raw = ActionButton("下载原始日志", .download(PageAddress(Self.path + "/raw", start.query).text), icon: "download")
        let today = ActionButton("当日图表", .link(LogTodayPage.path), icon: "chart")
        let list = ListPage(
            "日志检索", at: Self.path, crumbs: [Crumb(SecurityMenu.group), Crumb("日志检索")], id: "logs", columns: columns, filters: filters(asked, sources, context),
            empty: "近一日没有收到日志；请先在“日志来源”登记来源设备，并让它把 syslog 发到本平台，或上传日志文件", export: Self.path + "/export", actions: "\(raw)\(today)")
        return list.response(Array(rows), pager, context)
    }

    private static func row(_ line: LogLine, _ names: [Int64: String]) -> TableRow {
        let source = names[line.source] ?? (line.source == 0 ? "未登记 \(line.address)" : "已删除 \(line.address)")
        let event: Markup = line.isEvent ? "\(Badge("攻击", .red)) " : .empty
        let cells: [Markup] = [
            "\(line.at)", "\(source)", severityBadge(line.severity), "\(line.host)", "\(line.app)", "\(event)\(String(line.text.prefix(300)))",
            "<span class=\"mono\">\(line.mapped[.sourceAddress])</span>", "\(LogFacility.title(line.facility))", "\(line.way.title)",
        ]
        return TableRow(id: String(line.id), cells, path: "\(path)/lines/\(line.id)")
    }

    // MARK: One line

    @Sendable func show(request: Request, context: WebContext) async throws -> Response {
        let id = try context.id()
        let (line, source, rule) = try await platform.database.read { [logs = platform.logs] reader -> (LogLine, String, String?) in
            let line = try logs.line(id, reader)
            let source = try logs.sources(reader).first { $0.id == line.source }?.name
            let rule = line.rule == 0 ? nil : try logs.rules(reader).first { $0.id == line.rule }?.title
            return (line, source ?? "未登记", rule)
        }
        let facts = DescriptionList([
            .init("时间", "\(line.at)"), .init("接收时间", "\(line.receivedAt)"), .init("来源", "\(source)（\(line.address)，\(line.way.title)）"),
            .init("级别", Self.severityBadge(line.severity)), .init("设施", "\(LogFacility.title(line.facility))"), .init("主机", "\(line.host)"), .init("程序", "\(line.app)"),
            .init("解析规则", "\(rule ?? "未匹配")"), .init("内容", "\(line.text)", isWide: true), .init("原文", "<span class=\"mono\">\(line.raw)</span>", isWide: true),
        ])
        let mapped = LogField.searchable.compactMap { field in line.mapped[field].map { DescriptionList.Item(field.title, "\($0)") } }
        let read = line.fields.map { DescriptionList.Item($0.name, "\($0.value)") }
        let cards: Markup = """
            \(Markup.when(!mapped.isEmpty, "<h3>标准字段</h3>\(DescriptionList(mapped))"))\(Markup.when(!read.isEmpty, "<h3>提取的字段</h3>\(DescriptionList(read))"))
            """
        return Shell.page(
            "日志 \(id)", crumbs: [Crumb(SecurityMenu.group), Crumb("日志检索", Self.path), Crumb("\(id)")], active: Self.path,
            body: Shell.framed("\(facts)\(cards)", context), context: context)
    }

    // MARK: Files

    /// Every line as it came, streamed; who took them stands in the audit book before the first leaves.
    @Sendable func raw(request: Request, context: WebContext) async throws -> Response {
        let principal = try context.signedIn(), asked = search(context.here)
        try await note("下载原始日志", principal)
        let (database, logs) = (platform.database, platform.logs)
        let body = ResponseBody { writer in
            var after: String?
            var left = Self.mostRaw
            repeat {
                let from = after
                let page = try await database.look(within: .seconds(30)) { try logs.lines(asked, after: from, limit: 1000, $0) }
                try await writer.write(ByteBuffer(string: page.map { $0.raw + "\n" }.joined()))
                after = page.count == 1000 ? page.last?.cursor : nil
                left -= page.count
            } while after != nil && left > 0
            try await writer.finish(nil)
        }
        return .download(body: body, filename: "原始日志 \(platform.clock.today.text).log", contentType: "text/plain; charset=utf-8")
    }

    @Sendable func export(request: Request, context: WebContext) async throws -> Response {
        let principal = try context.signedIn(), asked = search(context.here)
        try await note("导出日志", principal)
        let (sources, lines) = try await platform.database.look(within: .seconds(30)) { [logs = platform.logs] reader in
            (try logs.sources(reader), try logs.lines(asked, limit: 10_000, reader))
        }
        let names = Dictionary(sources.map { ($0.id, $0.name) }, uniquingKeysWith: { first, _ in first })
        let columns =
            [SheetColumn("时间", width: 20), SheetColumn("来源", width: 20), SheetColumn("级别"), SheetColumn("设施"), SheetColumn("主机"), SheetColumn("程序")]
            + LogField.searchable.map { SheetColumn($0.title) } + [SheetColumn("内容", width: 80)]
        let rows = lines.map { line -> [Cell] in
            let own: [Cell] = [
                .moment(line.at), .text(names[line.source] ?? line.address), .text(LogSeverity(rawValue: line.severity)?.title ?? ""), .text(LogFacility.title(line.facility)),
                .text(line.host), .text(line.app),
            ]
            return own + LogField.searchable.map { line.mapped[$0].map(Cell.text) ?? .empty } + [.text(line.text)]
        }
        return try await SheetAnswer(name: "日志-\(platform.clock.today.text)", columns: columns, rows: rows).response(context, on: platform.database)
    }

    private func note(_ what: String, _ principal: Principal) async throws {
        try await platform.database.write { [audit = platform.audit] tx in try audit.record(AuditEntry("export", "log", "", what), by: principal, in: tx) }
    }
}
