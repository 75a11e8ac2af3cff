import HTTPTypes
import Hummingbird
import Identity
import Kernel
import Storage
import Web

/// 详情: one row by its sections, its photos, place and files, and what has happened to it.
enum DetailPage {
    @Sendable
    static func show(_ request: Request, _ desk: LedgerDesk) async throws -> Response { try await page(desk, reveals: false) }

    /// Shows personal fields once; the look is written to the audit trail before anything is shown.
    @Sendable
    static func reveal(_ request: Request, _ desk: LedgerDesk) async throws -> Response {
        let record = try await desk.record(desk.context.id())
        let fields = desk.fields.filter(\.isPersonal).map(\.title).joined(separator: "、")
        let entry = AuditEntry("reveal", desk.ledger.name, String(record.id), "查看\(desk.ledger.title)的个人信息：\(fields)")
        try await desk.database.write { try desk.engine.audit.record(entry, by: desk.principal, in: $0) }
        var response = try await page(desk, reveals: true)
        response.headers[.cacheControl] = "no-store"
        if desk.context.isPartial {
            response.headers[.hxRetarget] = "#main"
            response.headers[.hxReswap] = "outerHTML"
        }
        return response
    }

    private struct Contents: Sendable {
        var record: Record
        var face: RecordFace
        var history: [HistoryEntry]
    }

    private static func read(_ desk: LedgerDesk, _ id: Int64, reveals: Bool) async throws -> Contents {
        try await desk.database.read { reader in
            let record = try desk.record(id, in: reader)
            var face = try desk.face(for: [record], in: reader)
            face.reveals = reveals
            let history = try desk.engine.history(desk.ledger.name, id: id, by: desk.principal, in: reader)
            return Contents(record: record, face: face, history: history)
        }
    }

    private static func page(_ desk: LedgerDesk, reveals: Bool) async throws -> Response {
        let contents = try await read(desk, desk.context.id(), reveals: reveals)
        let (record, face) = (contents.record, contents.face)
        var body = tabs(desk, record, active: nil)
        if record.deletedAt != nil {
            body += "\(Notice(.orange, "\(desk.context.text("这条记录已删除，不再出现在列表与统计中", "This record has been deleted"))（\(record.deletedAt)）"))"
        }
        if reveals { body += "\(Notice(.blue, "\(desk.context.text("正在显示个人信息原文，本次查看已记入审计日志", "Personal fields are shown; this look has been audited"))"))" }
        let side: Markup =
            "\(Card(desk.context.text("变更历史", "History"), actions: "\(ActionButton(desk.context.text("全部", "All"), .link("\(desk.path(of: record.id))/history"), style: .quiet))", body: "\(HistoryPage.timeline(desk, face, Array(contents.history.prefix(8))))"))\(Card(desk.context.text("登记信息", "Record"), body: "\(facts(desk, record, face))"))"
        body += "\(Grid(.mainAside, ["<div class=\"stack\">\(sections(desk, record, face))</div>", "<aside class=\"stack\">\(side)</aside>"]))"
        return Shell.page(
            face.name(of: record), crumbs: [Crumb(desk.title, desk.path), Crumb(face.name(of: record))], active: desk.path, actions: actions(desk, record, reveals: reveals),
            body: body,
            context: desk.context)
    }

    private static func actions(_ desk: LedgerDesk, _ record: Record, reveals: Bool) -> Markup {
        var out = Markup.empty
        guard record.deletedAt == nil else {
            guard desk.may(.delete) else { return .empty }
            return "\(ActionButton(desk.context.text("恢复", "Restore"), .post("\(desk.path(of: record.id))/restore", confirm: nil), icon: "rotate", style: .primary))"
        }
        for action in desk.additions.rowActions where desk.context.may(action.permission) {
            guard let path = action.path(record) else { continue }
            out += "\(ActionButton(desk.context.text(action.title, action.titleEN), action.opensDialog ? .dialog(path) : .link(path), icon: action.icon))"
        }
        if desk.may(.reveal), !reveals {
            out +=
                "\(ActionButton(desk.context.text("显示个人信息", "Reveal"), .post("\(desk.path(of: record.id))/reveal", confirm: desk.context.text("查看个人信息原文将记入审计日志，确认查看？", "This look will be audited. Continue?")), icon: "eye"))"
        }
        out += "\(ActionButton(desk.context.text("打印", "Print"), .link("\(desk.path(of: record.id))/print"), icon: "print"))"
        if desk.may(.delete) { out += "\(ActionButton(desk.context.text("删除", "Delete"), .dialog("\(desk.path(of: record.id))/delete"), icon: "trash"))" }
        if desk.may(.write) { out += "\(ActionButton(desk.context.text("修改", "Edit"), .link("\(desk.path(of: record.id))/edit"), icon: "edit", style: .primary))" }
        return out
    }

    /// Every section as a card, its photos below its values.
    static func sections(_ desk: LedgerDesk, _ record: Record, _ face: RecordFace) -> Markup {
        var order: [String] = []
        var items: [String: [DescriptionList.Item]] = [:]
        var photos: [String: [PhotoStrip.Photo]] = [:]
        for field in desk.fields {
            var isPhoto = false
            if case .photo = field.kind { isPhoto = true }
            let section = field.section ?? (isPhoto ? desk.context.text("照片", "Photos") : desk.context.text("基本信息", "Details"))
            if !order.contains(section) { order.append(section) }
            if isPhoto {
                photos[section, default: []] += face.photos(field, record)
                continue
            }
            items[section, default: []].append(DescriptionList.Item(field.label(desk.context), face.value(field, record), isWide: isWide(field)))
        }
        return .joined(
            order.map { section -> Markup in
                let values: Markup = items[section].map { "\(DescriptionList($0))" } ?? .empty
                let strip: Markup = photos[section].map { "<div class=\"part-photos\">\(PhotoStrip($0, isLarge: true))</div>" } ?? .empty
                return "\(Card(section, body: "\(values)\(strip)"))"
            })
    }

    private static func isWide(_ field: Field) -> Bool {
        switch field.kind {
        case .note, .files, .location: true
        default: false
        }
    }

    private static func facts(_ desk: LedgerDesk, _ record: Record, _ face: RecordFace) -> DescriptionList {
        var items: [DescriptionList.Item] = []
        if desk.ledger.ownedBy == .enterprise { items.append(.init(desk.context.text(desk.ledger.owners.title, desk.ledger.owners.titleEN), "\(face.owner(of: record))")) }
        items.append(.init(desk.context.text("编号", "Number"), "\(record.id)"))
        items.append(.init(desk.context.text("创建时间", "Created"), "\(record.createdAt)"))
        items.append(.init(desk.context.text("更新时间", "Updated"), "\(record.updatedAt)"))
        items.append(.init(desk.context.text("版本", "Version"), "\(desk.context.text("第 \(record.version) 版", "\(record.version)"))"))
        return DescriptionList(items, columns: 1)
    }

    static func tabs(_ desk: LedgerDesk, _ record: Record, active: String?) -> Markup {
        let offered = desk.additions.tabs.filter { tab in tab.permission.map { desk.context.may($0) } ?? true }
        guard !offered.isEmpty else { return .empty }
        let path = desk.path(of: record.id)
        let first = Tabs.Tab(desk.context.text("详情", "Details"), path, isActive: active == nil)
        return "\(Tabs([first] + offered.map { Tabs.Tab(desk.context.text($0.title, $0.titleEN), "\(path)/tabs/\($0.name)", isActive: $0.name == active) }))"
    }

    /// A tab that the domain added.
    @Sendable
    static func tab(_ request: Request, _ desk: LedgerDesk) async throws -> Response {
        let id = try desk.context.id()
        let name = try desk.context.path("tab")
        guard let tab = desk.additions.tabs.first(where: { $0.name == name }) else { throw Failure.notFound("该页面") }
        if let permission = tab.permission { try desk.principal.require(permission, tab.title) }
        let (record, title, content) = try await desk.database.read { reader -> (Record, String, Markup) in
            let record = try desk.record(id, in: reader)
            return (record, try desk.face(for: [record], in: reader).name(of: record), try tab.render(record, desk.context, reader))
        }
        return Shell.page(
            title, crumbs: [Crumb(desk.title, desk.path), Crumb(title, desk.path(of: id)), Crumb(desk.context.text(tab.title, tab.titleEN))], active: desk.path,
            body: "\(tabs(desk, record, active: name))\(content)", context: desk.context)
    }
}
