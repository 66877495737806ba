#include "poller.h"

namespace greenlit {

Poller* NewEpollPoller() { return nullptr; }

}  // namespace greenlit
