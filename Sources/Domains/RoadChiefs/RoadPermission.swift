import Identity
import Ledgers
import Messages
import Workflows

/// What people may do here beyond the ledgers.
package enum RoadPermission {
    package static let work = "roadWork.use"
    package static let walk = "roadPatrol.walk"
    package static let query = "roadQuery.read"
    package static let map = "roadMap.read"
    package static let statistics = "roadStatistics.read"
    package static let appraisal = "roadAppraisal.read"
    package static let publish = "roadAppraisal.publish"

    static let declarations: [PermissionDeclaration] = [
        PermissionDeclaration(work, "路长工作台与通讯录", area: RoadChiefs.group, defaultRoles: [.city, .county]),
        PermissionDeclaration(walk, "道路巡查：开始与结束", area: RoadChiefs.group, defaultRoles: [.city]),
        PermissionDeclaration(query, "任务查询", area: RoadChiefs.group, defaultRoles: [.city, .county]),
        PermissionDeclaration(map, "路网地图", area: RoadChiefs.group, defaultRoles: [.city, .county]),
        PermissionDeclaration(statistics, "路长制统计", area: RoadChiefs.group, defaultRoles: [.city, .county]),
        PermissionDeclaration(appraisal, "月度考核：查看", area: RoadChiefs.group, defaultRoles: [.city, .county]),
        PermissionDeclaration(publish, "月度考核：发布", area: RoadChiefs.group, defaultRoles: [.city]),
    ]
}
