import Alarms
import Features
import Identity
import Kernel
import Ledgers
import Points
import Schedules
import Web

/// Catalogue D9.3, D9.8.4: devices and points, their values on pages, comparison and analysis of series; the values themselves are the engine's.
package enum Sensing {
    package static let feature = Feature(
        name: "sensing", title: "监测感知", ledgers: PointLedgers.all, dictionaries: PointCodes.dictionaries, tables: PointTables.all, permissions: PointPermission.all,
        grants: grants, menu: menu, alarmKinds: PointAlarms.all,
        prepare: { platform in platform.points.connect(ledgers: platform.ledgers) },
        routes: { routes, platform in
            let desk = PointDesk(platform: platform)
            PointPages(desk: desk).add(to: routes)
            AnalysisPages(desk: desk).add(to: routes)
            PointSourcePages(desk: desk).add(to: routes)
            PointAPI(engine: platform.points).add(to: routes)
        },
        jobs: { platform in
            let points = platform.points
            return [
                JobDeclaration("points.watch", "监测点离线与停用判定", every: 5) { context in
                    let (offline, released) = try await points.watch()
                    if offline + released > 0 { context.note("离线 \(offline) 个，停用检修解除 \(released) 个") }
                },
                JobDeclaration("points.pack", "时序数据整理入块", every: 10) { context in
                    let packed = try await points.packWhenDue()
                    if packed > 0 { context.note("整理 \(packed) 个数据") }
                },
                JobDeclaration("points.retention", "时序数据到期清除", dailyAt: 215) { context in context.note("清除 \(try await points.forgetOld()) 块") },
            ]
        }
    )

    private static let menu: [MenuItem] = [
        MenuItem(PointLedgers.group, groupEN: "Monitoring", "实时监测", "Live points", icon: "trend", path: PointPages.path, permission: PointPermission.read, order: 100),
        MenuItem(PointLedgers.group, groupEN: "Monitoring", "时序分析", "Series analysis", icon: "chart", path: AnalysisPages.path, permission: PointPermission.read, order: 110),
        MenuItem(PointLedgers.group, groupEN: "Monitoring", "接入对账", "Intake", icon: "check", path: PointSourcePages.path, permission: PointPermission.sources, order: 120),
    ]

    /// The enterprise keeps its own points, the park and the authorities read them (D9.3.5, 两端).
    private static let grants: [LedgerGrant] = [
        LedgerGrant(PointLedgers.all.map(\.name), [.read], to: [.gridOfficer, .enterpriseGuard]),
        LedgerGrant(PointLedgers.all.map(\.name), [.read, .export], to: [.county]),
        LedgerGrant(PointLedgers.all.map(\.name), [.read, .write, .delete, .import, .export], to: [.city, .enterpriseAdmin]),
    ]
}
