import Alarms
import Exchange
import Features
import Identity
import Kernel
import Ledgers
import Maps
import Schedules
import Synchronization
import Web
import Workflows

/// Catalogue A 重点行业移动源（门禁视频）监管 as one feature: remove it from the list in App and it is gone.
package final class MobileSources: Sendable {
    private let clients: SignedClients
    private let built = Mutex<GateSupervision?>(nil)

    /// - Parameter clients: who may speak the gate interface; App hands the same to the gateway.
    package init(clients: SignedClients) { self.clients = clients }

    /// The domain at work on a platform; made once.
    package func gates(on platform: Platform) -> GateSupervision {
        built.withLock { built in
            if let built { return built }
            let gates = GateSupervision(
                database: platform.database, clock: platform.clock, ledgers: platform.ledgers, alarms: platform.alarms, audit: platform.audit, photos: platform.photos,
                clients: clients,
                organisations: platform.identity.organisations)
            built = gates
            return gates
        }
    }

    package var feature: Feature {
        Feature(
            name: "mobileSources", title: "移动源门禁监管", ledgers: MobileSources.ledgers, dictionaries: MobileSources.dictionaries, tables: GateTables.all + SignedClients.tables,
            permissions: GatePermission.declarations, grants: MobileSources.grants, menu: GateMenu.items, alarmKinds: ViolationAlarm.kinds, workflows: [Reconsideration.workflow],
            replacedInMenu: GateMenu.replaced,
            auditTitles: GateMenu.auditTitles, additions: GateAdditions.all,
            prepare: { platform in
                let gates = self.gates(on: platform)
                gates.registerHooks()
                Reconsideration.register(on: platform.workflows, alarms: platform.alarms, list: gates.excessList)
                RoadsideNotice.register(on: platform.ledgers, messages: platform.messages)
                LivePasses.connect(gates.feed, to: platform.live)
                platform.alarms.faces.add(NearbyPasses.face)
                platform.alarms.faces.add(HourlyPasses.face)
                platform.expiries.declare(GateExpiries.all)
                platform.ledgers.protect(PassRemoval.protectedLedgers)
                platform.identity.integrity.declare(PassRemoval.integrity)
            },
            routes: { routes, platform in
                GatePages.add(to: routes, gates: self.gates(on: platform), platform: platform)
            },
            jobs: { platform in self.gates(on: platform).jobs() }
        )
    }

    /// GeoJSON of the counties as sketched, for an installation that brings no surveyed boundaries.
    package static var countySketch: [UInt8] { CountyShapes.geoJSON }

    package static let ledgers: [LedgerDeclaration] = [
        Enterprise.ledger, Gate.ledger, Barrier.ledger, Camera.ledger, MaintenanceUnit.ledger, GatePassEvent.ledger, InOutVehicle.ledger, RegisteredVehicle.ledger,
        OnSiteVehicle.ledger,
        NonRoadMachine.ledger, InternalVehicle.ledger, EntryAuthorisation.ledger, EntryCheck.ledger, VehicleModel.ledger, MaterialMovement.ledger, ExcessEmissionList.ledger,
        ControlStrategy.ledger, WarningPeriod.ledger,
        RoadsideInspection.ledger, RoadsideNotice.ledger,
    ]

    private static let enterpriseLedgers = [
        RegisteredVehicle.ledger.name, OnSiteVehicle.ledger.name, NonRoadMachine.ledger.name, InternalVehicle.ledger.name, EntryAuthorisation.ledger.name,
        MaterialMovement.ledger.name, Gate.ledger.name,
        Barrier.ledger.name,
        Camera.ledger.name,
    ]
    private static let everyone: [BuiltInRole] = [.city, .county, .enterpriseAdmin, .enterpriseGuard]

    static let grants: [LedgerGrant] = [
        LedgerGrant(ledgers.map(\.name), [.read], to: [.gridOfficer]),
        LedgerGrant(ledgers.map(\.name), [.read, .export], to: [.city, .county]),
        LedgerGrant(ledgers.map(\.name), [.write, .delete, .import, .reveal], to: [.city]),
        LedgerGrant([Enterprise.ledger.name] + enterpriseLedgers, [.write, .import], to: [.county]),
        LedgerGrant([RoadsideInspection.ledger.name, RoadsideNotice.ledger.name], [.write, .import], to: [.county]),
        LedgerGrant(enterpriseLedgers, [.read, .write, .delete, .import, .export, .reveal], to: [.enterpriseAdmin]),
        LedgerGrant([Enterprise.ledger.name, GatePassEvent.ledger.name, InOutVehicle.ledger.name, EntryCheck.ledger.name], [.read, .export], to: [.enterpriseAdmin]),
        LedgerGrant(
            [
                GatePassEvent.ledger.name, InOutVehicle.ledger.name, RegisteredVehicle.ledger.name, InternalVehicle.ledger.name, Gate.ledger.name,
                EntryAuthorisation.ledger.name, EntryCheck.ledger.name,
            ], [.read], to: [.enterpriseGuard]),
    ]

    package static let dictionaries: [DictionaryDeclaration] =
        [
            DictionaryDeclaration(.plateColor, "号牌颜色", PlateColor.all, source: "hj1321-gate.md §6"),
            DictionaryDeclaration(.emissionStage, "排放阶段", EmissionStage.all, source: "hj1321-gate.md §6"),
            DictionaryDeclaration(.fuel, "燃料种类", FuelCode.all + (FuelCode.all.contains { $0.code == "X" } ? [] : [CodeItem("X", "未知", "Unknown")]), source: "GA/T 16.9"),
            DictionaryDeclaration(.vehicleType, "车辆类型", VehicleTypeCode.all, source: "GA/T 16.4"),
            DictionaryDeclaration(.useNature, "使用性质", UseNature.all, source: "GA/T 16.3"),
            DictionaryDeclaration(.vehicleClass, "车辆种类", VehicleClass.all, source: "hj1321-gate.md §6"),
            DictionaryDeclaration(.county, "县（区、市）", Region.counties, source: "GB/T 2260"),
            DictionaryDeclaration(.industry, "行业类型", Industry.all + Industry.transportUnits, source: "重污染天气应急减排措施制定技术指南"),
            DictionaryDeclaration(.performanceGrade, "绩效分级", PerformanceGrade.all, source: "重污染天气应急减排措施制定技术指南"),
            DictionaryDeclaration(.warningLevel, "响应级别", WarningLevel.all, source: "重污染天气应急预案"),
            DictionaryDeclaration(.entryMatch, "核验比对", EntryCheck.match), DictionaryDeclaration(.direction, "方向", GateCodes.direction),
            DictionaryDeclaration(.barrierAction, "抬杆方式", GateCodes.barrierAction),
            DictionaryDeclaration(.passSource, "数据来源", GateCodes.passSource), DictionaryDeclaration(.verdict, "校验结论", GateCodes.verdict),
            DictionaryDeclaration(.networked, "远程联网", GateCodes.networked), DictionaryDeclaration(.stageBasis, "排放阶段判定依据", GateCodes.stageBasis),
            DictionaryDeclaration(.filingState, "备案状态", GateCodes.filingState), DictionaryDeclaration(.filedBy, "备案来源", GateCodes.filedBy),
            DictionaryDeclaration(.connectState, "联网状态", GateCodes.connectState),
            DictionaryDeclaration(.machineType, "机械种类", GateCodes.machineType), DictionaryDeclaration(.measuredBy, "计量来源", GateCodes.measuredBy),
            DictionaryDeclaration(.strategyTarget, "策略适用对象", GateCodes.strategyTarget), DictionaryDeclaration(.strategyState, "策略状态", GateCodes.strategyState),
            DictionaryDeclaration(.listKind, "名单类别", GateCodes.listKind), DictionaryDeclaration(.listState, "名单状态", GateCodes.listState),
            DictionaryDeclaration(.vehicleGroup, "车型分组", GateCodes.vehicleGroup), DictionaryDeclaration(.passFinding, "校验发现", PassFinding.all),
            DictionaryDeclaration(.unitState, "授权状态", GateCodes.unitState), DictionaryDeclaration(.equipmentState, "设备状态", GateCodes.equipmentState),
            DictionaryDeclaration(.weighingMatch, "计量与过车比对", WeighingJoin.Match.allCases.map { CodeItem($0.rawValue, $0.title, $0.rawValue) }),
        ] + RoadsideCodes.dictionaries + [
            DictionaryDeclaration(
                DictionaryName("visitState"), "进出状态",
                [CodeItem("complete", "已出厂", "Left"), CodeItem("inside", "在厂内", "Inside"), CodeItem("unmatchedExit", "未见进厂", "Unmatched exit")])
        ]
}
