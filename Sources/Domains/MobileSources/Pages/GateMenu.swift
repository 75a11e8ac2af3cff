import Web

/// The lines of this domain in the menu, in the order of an inspector's day.
enum GateMenu {
    static let items: [MenuItem] = [
        MenuItem("监管工作台", groupEN: "Supervision", "工作台", "Workbench", icon: "gauge", path: "/", permission: GatePermission.workbench, order: 10),
    ]
}
