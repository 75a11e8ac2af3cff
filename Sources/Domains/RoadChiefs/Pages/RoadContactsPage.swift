import Features
import Hummingbird
import Identity
import Kernel
import Ledgers
import Storage
import Web

/// B3.4.9, B3.4.10 通讯录与上下级: chiefs by road, unit or level, whoever stands above and below, each a call away.
struct RoadContactsPage: Sendable {
    let platform: Platform

    func add(to routes: Routes) { routes.get("/road-contacts", permission: .named(RoadPermission.work), use: show) }

    private struct Person: Sendable {
        var id: Int64
        var name: String
        var post: String
        var level: String
        var phone: String
        var officePhone: String
        var unit: String
        var superior: Int64?
        var login: String
        var roads: [String]
    }

    private func people(_ scope: DataScope, _ reader: any Reader) throws -> [Person] {
        // A unit's people see their own chiefs and those above them.
        let within = scope.condition(org: "c.org", area: "c.area")
        let rows = try reader.rows(
            """
            SELECT c.*, o.name AS unit FROM road_chief c LEFT JOIN organisations o ON o.id = c.org
            WHERE c.deleted_at IS NULL AND ((\(within)) OR c.id IN (SELECT c.superior FROM road_chief c WHERE c.deleted_at IS NULL AND (\(within)))) ORDER BY c.level, c.code LIMIT 1000
            """)
        let ids = rows.compactMap { $0.int("id") }
        var roads: [Int64: [String]] = [:]
        for row in try reader.rows("SELECT chief, name, segment FROM road WHERE deleted_at IS NULL AND chief IN (\(list: ids)) ORDER BY code LIMIT 5000") {
            roads[row.int("chief") ?? 0, default: []].append((row.text("name") ?? "") + (row.text("segment").map { " \($0)" } ?? ""))
        }
        return rows.map { row in
            let id = row.int("id") ?? 0
            return Person(
                id: id, name: row.text("name") ?? "", post: row.text("post") ?? "", level: row.text("level") ?? "", phone: row.text("phone") ?? "",
                officePhone: row.text("office_phone") ?? "", unit: row.text("unit") ?? "", superior: row.int("superior"), login: row.text("login") ?? "", roads: roads[id] ?? [])
        }
    }

    @Sendable func show(request: Request, context: WebContext) async throws -> Response {
        let principal = try context.signedIn()
        let here = context.here
        let all = try await platform.database.read { reader in try self.people(principal.scope, reader) }
        let window = ListWindow(here)
        let shown = all.filter { window.finds($0.name, $0.unit, $0.phone, $0.post, $0.roads.joined(separator: " ")) }
        let grouping = here["by"] ?? "unit"
        var parts: [Markup] = []
        if here["q"] == nil, let own = all.first(where: { $0.login == principal.login }) { parts.append(relatives(of: own, among: all)) }
        for (title, people) in groups(shown, grouping) { parts.append("\(Card("\(title)（\(people.count)）", isFlush: true, body: list(people)))") }
        if shown.isEmpty { parts.append("\(Card(body: "\(EmptyState("没有符合条件的联系人", hint: "路长在“路长”台账中登记", icon: "phone"))"))") }
        let tabs = Tabs([("unit", "按单位"), ("road", "按道路"), ("level", "按级别")].map { Tabs.Tab($0.1, here.with("by", $0.0).text, isActive: $0.0 == grouping) })
        let search = SearchForm(
            action: "/road-contacts", fields: [FormField("q", "联系人", .text, value: here["q"], placeholder: "姓名、单位、道路、电话")], table: "contacts", kept: [.init("by", grouping)])
        let body: Markup = """
            <link rel="stylesheet" href="\(context.site.assets.path("road.css"))">\(search)<div id="contacts" class="stack">\(tabs)\(parts)</div>
            """
        return Shell.page("路长通讯录", crumbs: [Crumb(RoadChiefs.group), Crumb("路长通讯录")], active: "/road-contacts", body: body, context: context)
    }

    private func relatives(of own: Person, among all: [Person]) -> Markup {
        let above = all.filter { $0.id == own.superior }, below = all.filter { $0.superior == own.id }
        guard !above.isEmpty || !below.isEmpty else { return .empty }
        let up: Markup = above.isEmpty ? .empty : "<h3 class=\"road-heading\">上级路长</h3>\(list(above))"
        let down: Markup = below.isEmpty ? .empty : "<h3 class=\"road-heading\">下级路长</h3>\(list(below))"
        return "\(Card("我的上下级", isFlush: true, body: "\(up)\(down)"))"
    }

    private func groups(_ people: [Person], _ grouping: String) -> [(String, [Person])] {
        var order: [String] = []
        var found: [String: [Person]] = [:]
        for person in people {
            let keys =
                grouping == "road"
                ? (person.roads.isEmpty ? ["未管辖道路"] : person.roads)
                : [grouping == "level" ? platform.dictionaries.title(of: person.level, in: .roadChiefLevel) : person.unit]
            for key in keys {
                if found[key] == nil { order.append(key) }
                found[key, default: []].append(person)
            }
        }
        return order.map { ($0, found[$0] ?? []) }
    }

    private func list(_ people: [Person]) -> Markup {
        let lines = people.prefix(200).map { person -> Markup in
            let level = platform.dictionaries.title(of: person.level, in: .roadChiefLevel)
            let office: Markup = person.officePhone.isEmpty ? .empty : "<a class=\"btn btn-plain\" href=\"tel:\(person.officePhone)\">\(Icon("building"))\(person.officePhone)</a>"
            return """
                <li><div><b>\(person.name)</b> \(Badge(level, .info))<small>\(person.post) · \(person.unit)\(person.roads.isEmpty ? "" : " · " + person.roads.joined(separator: "、"))</small></div>\
                <div class="road-calls"><a class="btn btn-plain" href="tel:\(person.phone)">\(Icon("phone"))\(person.phone)</a>\(office)</div></li>
                """
        }
        return "<ul class=\"road-people\">\(Array(lines))</ul>"
    }
}
