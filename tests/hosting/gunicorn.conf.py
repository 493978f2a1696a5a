# Read by every gunicorn of the tests.
graceful_timeout = 1  # seconds for what still hangs when a test is over
control_socket_disable = True  # from 25.1 on, there is one in the home folder otherwise
