import Identity
import Kernel
import Ledgers
import Storage
import Web

/// Everything that can be granted (D9.2.4, B5.2.2.2): read from what the program serves and declares, so that nothing can be missing from it.
struct ResourceCatalogue: Sendable {
    enum Kind: String, Sendable, CaseIterable {
        case menu, page, button, interface, ledger, field, external

        var title: String {
            switch self {
            case .menu: "菜单"
            case .page: "页面"
            case .button: "按钮"
            case .interface: "接口"
            case .ledger: "数据集"
            case .field: "字段"
            case .external: "外部系统操作"
            }
        }
    }

    struct Resource: Sendable, Equatable {
        var kind: Kind
        var title: String
        /// Where it is: an address, a table's or field's name.
        var place: String
        /// By which it is granted; nil where signing in is enough.
        var permission: String?
    }

    let platform: Platform
    let table: RouteTable

    /// In the order of kinds; a few thousand.
    func all(menu: [MenuItem], _ declared: [PermissionDeclaration]) -> [Resource] {
        let titles = declared.reduce(into: [String: String]()) { $0[$1.name] = $1.title }
        return menus(menu) + routes(titles) + ledgers()
            + declared.filter { $0.name.hasPrefix("ext.") }.map {
                Resource(kind: .external, title: $0.title, place: $0.area, permission: $0.name)
            }
    }

    private func menus(_ menu: [MenuItem]) -> [Resource] {
        menu.map { item in
            let heading = item.section.isEmpty ? item.group : "\(item.group) / \(item.section)"
            return Resource(kind: .menu, title: "\(heading) / \(item.title)", place: item.path, permission: item.permission)
        }
    }

    private func routes(_ titles: [String: String]) -> [Resource] {
        table.entries.compactMap { entry -> Resource? in
            let permission: String?
            switch entry.permission {
            case .open: return nil
            case .signedIn: permission = nil
            case .named(let name): permission = name
            }
            let kind: Kind = entry.path.hasPrefix("/api/") ? .interface : entry.method == "GET" ? .page : .button
            let title = permission.flatMap { titles[$0] } ?? "登录即可"
            return Resource(kind: kind, title: title, place: "\(entry.method) \(entry.path)", permission: permission)
        }
    }

    private func ledgers() -> [Resource] {
        platform.ledgers.declarations.flatMap { ledger -> [Resource] in
            let whole = LedgerRight.allCases.filter { $0.applies(to: ledger) }.map { right in
                Resource(kind: .ledger, title: "\(ledger.title)：\(right.title)", place: ledger.name, permission: right.permission(on: ledger.name))
            }
            let fields = ledger.fields.compactMap { field -> Resource? in
                let place = "\(ledger.name).\(field.name)"
                if field.marks.contains(.restricted) {
                    return Resource(kind: .field, title: "\(ledger.title)：\(field.title)", place: place, permission: ledger.restrictedPermission)
                }
                guard field.marks.contains(.personal) else { return nil }
                return Resource(kind: .field, title: "\(ledger.title)：\(field.title)（原文）", place: place, permission: LedgerRight.reveal.permission(on: ledger.name))
            }
            return whole + fields
        }
    }
}

extension Role {
    /// Whether holders have this permission, by its own name or by a wider one.
    func gives(_ permission: String) -> Bool {
        if permissions.contains(permission) || permissions.contains("*") { return true }
        guard let dot = permission.lastIndex(of: ".") else { return false }
        return permissions.contains("*" + permission[dot...])
    }
}
